import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, open, sees, setUp } from './browser';
import { serve, type Server } from './server';

let server: Server;
let browser: Browser;
let page: Page & { wrong: string[] };

beforeAll(async () => {
  [server, browser] = await Promise.all([serve(), launch()]);
  page = await open(browser, server.url);
  await setUp(page, server.setup);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const report = (token: string, body: unknown) => fetch(`${server.url}/api/v1/${token}/telemetry`, { method: 'POST', body: JSON.stringify(body) });

it('adds a device, whose token it shows once and which reports with it', async () => {
  await page.goto('/devices');
  await page.getByRole('link', { name: 'Add device' }).first().click();
  await page.getByLabel('Name').fill('pump/1');
  await page.getByLabel('Label').fill('by the door');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: 'Add device' }).click();
  await sees(page, 'pump/1 is in');
  await page.getByRole('button', { name: 'Copy Access token' }).click();
  const token = await page.evaluate(() => navigator.clipboard.readText());
  expect(token).toMatch(/^[A-Za-z0-9]{20,}$/);

  await page.getByRole('link', { name: 'To the device' }).click();
  await sees(page, 'It has not reported anything yet');
  expect((await report(token, { temperature: 21.5, mode: 'eco' })).status).toBe(200);
  await sees(page, '21.5'); // by itself: it is live
  expect((await report(token, { temperature: 22.25 })).status).toBe(200);
  await sees(page, '22.25');
});

it('edits attributes in the scopes that the server writes', async () => {
  await page.getByRole('link', { name: 'Attributes' }).click();
  const shared = page.getByRole('region', { name: 'Shared' });
  await shared.getByRole('button', { name: 'Add attribute' }).click();
  await page.getByLabel('Key').fill('interval');
  await page.getByLabel('Value').fill('30');
  await page.getByRole('button', { name: 'Save' }).click();
  await shared.getByRole('cell', { name: '30', exact: true }).waitFor();
  await shared.getByRole('button', { name: 'Change interval' }).click();
  await page.getByLabel('Value').fill('{"every": [1, 2]}');
  await page.getByRole('button', { name: 'Save' }).click();
  await shared.getByText('{"every":[1,2]}').waitFor();
  await shared.getByRole('button', { name: 'Remove interval' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await shared.getByText('None.').waitFor();
});

it('adds, rotates and revokes credentials', async () => {
  await page.getByRole('link', { name: 'Credentials' }).click();
  await page.getByRole('button', { name: 'Add credential' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('It proves who it is with').selectOption('MQTT_BASIC');
  await dialog.getByLabel('User name').fill('pump');
  await dialog.getByRole('textbox', { name: 'Password' }).fill('a secret of the pump');
  await dialog.getByRole('button', { name: 'Add credential' }).click();
  await page.getByRole('row', { name: /MQTT basic.*active/ }).waitFor();

  const mosquitto = promisify(execFile)('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(server.mqtt), '-u', 'pump', '-P', 'a secret of the pump', '-t', 'v1/devices/me/attributes']);
  const ended = mosquitto.then(() => 'ended', () => 'ended');
  await page.getByRole('link', { name: 'Sessions' }).click();
  await expect.poll(async () => (await server.api<{ items: unknown[] }>('GET', '/v1/sessions')).items.length, { timeout: 5_000 }).toBe(1);

  await page.getByRole('link', { name: 'Credentials' }).click();
  await page.getByRole('row', { name: /MQTT basic/ }).getByRole('button', { name: 'Revoke' }).click();
  await sees(page, 'Sessions of the device end now');
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('row', { name: /MQTT basic.*revoked/ }).waitFor();
  await expect.poll(async () => (await server.api<{ items: unknown[] }>('GET', '/v1/sessions')).items.length, { timeout: 5_000 }).toBe(0);
  mosquitto.child.kill();
  await ended;

  await page.getByRole('row', { name: /Access token.*active/ }).getByRole('button', { name: 'Rotate' }).click();
  await dialog.getByRole('button', { name: 'Rotate' }).click();
  await sees(page, 'It is shown this once');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('row', { name: /Access token.*retiring/ }).waitFor();
  await page.getByRole('link', { name: 'Journal' }).click();
  await page.getByRole('region', { name: 'Journal' }).getByText('let in').first().waitFor();
});

it('suspends, lets back in, renames and deletes a device', async () => {
  const more = async (act: string) => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: act }).click();
  };
  await more('Suspend');
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('button', { name: 'Let back in' }).click();
  await page.getByRole('button', { name: 'Let back in' }).waitFor({ state: 'detached' });
  await more('Edit');
  await page.getByLabel('Name').fill('pump 2');
  await page.getByLabel('Tags').fill('site=north');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL('**/devices/pump%202*');
  await sees(page, 'site=north');
  await more('Delete');
  await sees(page, 'everything that it has ever reported');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await sees(page, 'No device yet');
});

it('goes through many devices by pages, search and filters that are in the URL', async () => {
  await server.api('POST', '/v1/profiles', { name: 'meters', strategy: 'disabled' });
  for (let i = 0; i < 60; i++) {
    await server.api('POST', '/v1/devices', { name: `meter-${String(i).padStart(2, '0')}`, profile: i % 2 ? 'meters' : 'default' });
  }
  await page.goto('/devices');
  await sees(page, '60 devices');
  await page.getByRole('button', { name: 'Next page' }).click();
  await page.getByRole('link', { name: 'meter-59' }).waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'meter-00' }).waitFor();
  await page.getByLabel('Profile').selectOption('meters');
  await sees(page, '30 devices');
  await page.getByLabel('Part of a name').fill('-5');
  await sees(page, '5 devices');
  await page.waitForURL(/search=-5/);
  await page.getByRole('button', { name: 'Name' }).click();
  await page.waitForURL(/sort=-name/);
  await expect.poll(() => page.getByRole('row').nth(1).innerText()).toContain('meter-59');
  await page.reload();
  await sees(page, '5 devices');
});

it('goes anywhere with Ctrl-K', async () => {
  await page.goto('/devices');
  await page.getByRole('link', { name: 'meter-00' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find a page or a device' }).fill('meter-4');
  await page.getByRole('option', { name: /meter-41/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/devices/meter-41');
  expect(page.wrong).toEqual([]);
});
