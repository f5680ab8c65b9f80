import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, open, refusedOnce, sees, setUp } from './browser';
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

const run = promisify(execFile);
const report = (token: string, body: unknown) => fetch(`${server.url}/api/v1/${token}/telemetry`, { method: 'POST', body: JSON.stringify(body) });

it('adds a device, whose token it shows once and which reports with it', async () => {
  await page.goto('/devices');
  await page.getByRole('link', { name: 'Add device' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('pump/1');
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
  await page.getByRole('button', { name: 'Save' }).click();
  await sees(page, 'An attribute needs a name.');
  await page.getByLabel('Key').fill('interval');
  await page.getByLabel('Value').fill('30');
  expect(await page.getByLabel('Kept as').inputValue()).toBe('number'); // it follows what is typed
  await page.getByRole('button', { name: 'Save' }).click();
  await shared.getByRole('row', { name: /^interval 30 Number/ }).waitFor();
  await shared.getByRole('button', { name: 'Change interval' }).click();
  await page.getByLabel('Value').fill('{"every": [1, 2}');
  await page.getByRole('button', { name: 'Save' }).click();
  await sees(page, 'That is no number.');
  await page.getByLabel('Kept as').selectOption('json');
  await sees(page, 'That is no JSON.');
  await page.getByLabel('Value').fill('{"every": [1, 2]}');
  await page.getByRole('button', { name: 'Save' }).click();
  await shared.getByText('{"every":[1,2]}').waitFor();
  await shared.getByRole('button', { name: 'Change interval' }).click();
  await page.getByLabel('Kept as').selectOption('boolean');
  await page.getByRole('radio', { name: 'No', exact: true }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await shared.getByRole('row', { name: /^interval false Yes or no/ }).waitFor();
});

it('writes over no attribute that somebody else has changed meanwhile, unless it is told to', async () => {
  const attributes = '/v1/devices/pump%2F1/attributes/shared';
  const shared = page.getByRole('region', { name: 'Shared' });
  await shared.getByRole('button', { name: 'Change interval' }).click();
  await server.api('PATCH', attributes, { interval: 45, mode: 'eco' });
  await page.getByRole('radio', { name: 'Yes', exact: true }).check();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await sees(page, 'Somebody else has changed it meanwhile. It is now: 45');
  await page.getByRole('button', { name: 'Save mine over it' }).click();
  await shared.getByRole('row', { name: /^interval true/ }).waitFor();
  await shared.getByRole('button', { name: 'Remove interval' }).click();
  await server.api('PATCH', attributes, { interval: 60 });
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await sees(page, 'Somebody else has changed it meanwhile. It is now: 60');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await shared.getByRole('row', { name: /^interval 60/ }).waitFor();
  await server.api('PATCH', attributes, { mode: null });
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

  const mosquitto = run('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(server.mqtt), '-u', 'pump', '-P', 'a secret of the pump', '-t', 'v1/devices/me/attributes']);
  const ended = mosquitto.then(() => 'ended', () => 'ended');
  await page.getByRole('link', { name: 'Sessions' }).click();
  await expect.poll(async () => (await server.api<{ items: unknown[] }>('GET', '/v1/sessions')).items.length).toBe(1);
  await refusedOnce(page, 'Disconnect', '**/disconnect', 204);

  await page.getByRole('link', { name: 'Credentials' }).click();
  await page.getByRole('row', { name: /MQTT basic/ }).getByRole('button', { name: 'Revoke' }).click();
  await sees(page, /Revoke MQTT basic.*pump/);
  await sees(page, 'Sessions of the device end now');
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('row', { name: /MQTT basic.*revoked/ }).waitFor();
  await expect.poll(async () => (await server.api<{ items: unknown[] }>('GET', '/v1/sessions')).items.length).toBe(0);
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

// The certificate is made as anybody makes one, by openssl.
it('lets a device in by its X.509 certificate, and shows at once that revoking it has ended the connection', async () => {
  await page.getByRole('link', { name: 'Credentials' }).click();
  const at = (file: string) => join(dirname(server.root), file);
  await run('openssl', ['ecparam', '-out', at('key.pem'), '-name', 'secp256r1', '-genkey']);
  await run('openssl', ['req', '-new', '-key', at('key.pem'), '-x509', '-nodes', '-days', '365', '-subj', '/CN=pump', '-out', at('cert.pem')]);
  await page.getByRole('button', { name: 'Add credential' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('It proves who it is with').selectOption('X509_CERTIFICATE');
  await dialog.getByLabel('Certificate in PEM format').fill(await readFile(at('cert.pem'), 'utf8'));
  await sees(page, 'A good certificate, and no device has it yet.');
  await dialog.getByRole('button', { name: 'Add credential' }).click();
  await page.getByRole('row', { name: /X.509.*active/ }).waitFor();

  const tls = ['-h', '127.0.0.1', '-p', String(server.mqtts), '--cafile', server.root, '--key', at('key.pem'), '--cert', at('cert.pem')];
  await run('mosquitto_pub', [...tls, '-d', '-q', '1', '-t', 'v1/devices/me/telemetry', '-m', '{"temperature":25}']);
  await expect.poll(() => server.api('GET', '/v1/devices/pump%2F1/latest')).toMatchObject({ temperature: { value: 25 } });

  const listens = run('mosquitto_sub', [...tls, '-t', 'v1/devices/me/attributes']);
  const ended = listens.then(() => 'ended', () => 'ended');
  const facts = page.getByRole('main').locator('dl').first();
  await facts.getByText('connected', { exact: true }).waitFor(); // by itself: the page hears of it
  await page.getByRole('row', { name: /X.509/ }).getByRole('button', { name: 'Revoke' }).click();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('row', { name: /X.509.*revoked/ }).waitFor();
  await facts.getByText('active', { exact: true }).waitFor();
  listens.child.kill();
  await ended;
});

it('traces a device, and shows who has changed what of it', async () => {
  await page.getByRole('link', { name: 'Trace' }).click();
  await refusedOnce(page, 'Trace for ten minutes', '**/trace');
  await sees(page, 'It has done nothing yet');
  const { token } = await server.api<{ token: string }>('POST', '/v1/devices/pump%2F1/credentials', {});
  await report(token, { temperature: 23 });
  await page.getByRole('region', { name: 'Trace' }).getByText('keys=temperature').waitFor();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('button', { name: 'Credential: changed' }).first().click();
  await page.getByRole('dialog').getByText('state').first().waitFor();
  await page.keyboard.press('Escape');
});

it('goes through all that was changed of a device, page by page', async () => {
  for (let i = 0; i < 50; i++) {
    await server.api('PATCH', '/v1/devices/pump%2F1', { label: `by the door ${i}` });
  }
  await page.reload();
  await sees(page, 'The newest 50; older ones are on the next page.');
  expect(await page.getByRole('button', { name: 'Device: added' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Next page' }).click();
  await page.waitForURL(/part=audit&after=\d+/);
  await page.getByRole('button', { name: 'Device: added' }).waitFor();
  await sees(page, 'The oldest ones that are kept.');
  await page.getByRole('link', { name: 'In the whole audit log' }).click();
  await page.waitForURL(/settings\/audit\?name=pump%2F1/);
  await page.goto('/devices/pump%2F1?part=journal');
  await sees(page, /^(These are all|This is the only)/);
  await page.getByRole('link', { name: 'Narrow it down in Why' }).click();
  await page.waitForURL(/why\?name=pump%2F1&outcome=any/);
  await page.goto('/devices/pump%2F1?part=audit');
});

it('does not save over what somebody else has changed without asking', async () => {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await server.api('PATCH', '/v1/devices/pump%2F1', { label: 'by the window' });
  await page.getByRole('textbox', { name: 'Description' }).fill('Feeds the upper basin.');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await sees(page, 'version-stale');
  await expect.poll(() => server.api('GET', '/v1/devices/pump%2F1')).not.toHaveProperty('description');
  await page.getByRole('button', { name: 'Save mine over it' }).click();
  await page.getByRole('main').getByText('Feeds the upper basin.').waitFor();
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

it('finds devices by search, conditions and order that are in the URL', async () => {
  await server.api('POST', '/v1/profiles', { name: 'meters', strategy: 'disabled' });
  const rows = Array.from({ length: 700 }, (_, i) => `meter-${String(i).padStart(3, '0')},${i % 2 ? 'meters' : 'default'},hall=${i % 7}`);
  await server.bulk(['name,profile,tags', ...rows].join('\n'));
  await page.goto('/devices');
  await sees(page, '700 devices');
  await page.getByLabel('Profile', { exact: true }).selectOption('meters');
  await sees(page, '350 devices');
  await page.getByLabel('Part of a name').fill('-5');
  await sees(page, '50 devices');
  await page.waitForURL(/search=-5/);
  await page.getByRole('button', { name: 'Name', exact: true }).click();
  await page.waitForURL(/sort=-name/);
  await expect.poll(() => page.getByRole('row').nth(1).innerText()).toContain('meter-599');
  await page.reload();
  await sees(page, '50 devices');
  await page.getByRole('button', { name: 'More conditions' }).click();
  await page.getByLabel('Tag: name or name=value').fill('hall=3');
  await page.waitForURL(/tag=hall/);
  await sees(page, '7 devices');
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('checkbox', { name: 'Tags' }).check();
  await page.waitForURL(/columns=state%2Cprofile/);
  await page.keyboard.press('Escape');
  await page.getByRole('cell', { name: 'hall=3' }).first().waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await sees(page, '700 devices');
  await page.goto('/devices');
  await page.getByRole('cell', { name: 'hall=0' }).first().waitFor(); // the columns are remembered
});

it('scrolls through pages of which it draws what is seen, and comes back to the row', async () => {
  const pane = page.getByRole('region', { name: 'Devices' });
  for (let row = 0; row < 620; row += 12) {
    await pane.evaluate((p) => p.scrollBy(0, 480));
    await page.waitForTimeout(16);
  }
  const seen = page.getByRole('link', { name: 'meter-630' });
  await seen.waitFor();
  expect(await page.getByRole('row').count()).toBeLessThan(60);
  const at = await pane.evaluate((p) => p.scrollTop);
  await seen.click();
  await sees(page, 'It has not reported anything yet');
  await page.goBack();
  await seen.waitFor();
  expect(await pane.evaluate((p) => p.scrollTop)).toBe(at);
});

it('suspends a selection by keyboard alone, and says with whom it failed', async () => {
  await page.goto('/devices?search=meter-01&columns=state');
  await sees(page, '10 devices');
  await page.getByRole('checkbox', { name: 'Select meter-010' }).focus();
  await page.keyboard.press('Space');
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Shift+ArrowDown');
  }
  await page.getByRole('heading', { name: '4 selected' }).waitFor();
  await page.getByRole('button', { name: 'With these…' }).waitFor(); // it comes with scripts of its own
  await server.api('DELETE', '/v1/devices/meter-012');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Suspend' }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await sees(page, 'Suspend 4 devices?');
  await sees(page, 'they stay out until they are let back in');
  await page.keyboard.press('Enter');
  await sees(page, 'Done with 3 devices.');
  await page.getByRole('dialog').getByRole('link', { name: 'meter-012' }).waitFor();
  await page.getByRole('dialog').getByRole('link', { name: 'not-found' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /meter-013.*suspended/ }).waitFor();
  await expect.poll(() => server.api('GET', '/v1/devices/meter-011')).toMatchObject({ state: 'suspended' });
});

it('tags all that match, asks them for other credentials, and deletes them when their number is typed', async () => {
  await page.goto('/devices?search=meter-68&columns=tags');
  await page.getByRole('checkbox', { name: 'Select meter-689' }).check();
  await page.getByLabel('Part of a name').fill('meter-69');
  await page.getByRole('checkbox', { name: 'Select meter-691' }).click({ modifiers: ['Shift'] }); // no row of this list was chosen before
  await page.getByRole('heading', { name: '2 selected' }).waitFor();
  await page.getByRole('checkbox', { name: 'Select meter-693' }).click({ modifiers: ['Shift'] });
  await page.getByRole('heading', { name: '4 selected' }).waitFor();
  await page.getByRole('button', { name: 'None' }).click();
  await page.getByRole('checkbox', { name: 'Select meter-691' }).check();
  await page.getByRole('button', { name: 'All that match' }).click();
  await page.getByRole('heading', { name: '10 selected' }).waitFor();
  const dialog = page.getByRole('dialog');
  const act = async (name: string) => {
    await page.getByRole('button', { name: 'With these…' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await act('Ask for other credentials');
  await dialog.getByRole('button', { name: 'Ask for other credentials' }).click();
  await sees(page, 'A campaign asks 10 devices.');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('cell', { name: /hall=\d, rotate=20/ }).first().waitFor();
  await page.getByRole('checkbox', { name: 'Select meter-691' }).check();
  await page.getByRole('button', { name: 'All that match' }).click();
  await page.getByRole('heading', { name: '10 selected' }).waitFor();
  await act('Delete');
  await sees(page, 'everything that they have ever reported');
  expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);
  await dialog.getByLabel('Type 10').fill('10');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await sees(page, 'Done with 10 devices.');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await sees(page, 'No device is like that');
});

it('goes anywhere with Ctrl-K', async () => {
  await page.goto('/devices');
  await page.getByRole('link', { name: 'meter-000' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find a page or a device' }).waitFor();
  await page.keyboard.type('meter-04');
  await page.getByRole('option', { name: /meter-041/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/devices/meter-041');
  expect(page.wrong).toEqual([]);
});
