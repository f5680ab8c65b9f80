import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { admin, launch, open, sees } from './browser';
import { byKeyboard } from './keyboard';
import { serve, type Server } from './server';

let server: Server;
let browser: Browser;
let page: Page & { wrong: string[] };
let hands: ReturnType<typeof byKeyboard>;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve(), launch()]);
  page = await open(browser, server.url, { reducedMotion: 'reduce' });
  hands = byKeyboard(page);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

// go opens a page by its name.
async function go(name: string) {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find a page or a device' }).waitFor();
  await page.keyboard.type(name);
  await page.getByRole('option', { name, selected: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

it('sets the server up', async () => {
  await page.goto(server.setup);
  await hands.type('Name', admin.name);
  await hands.type('Password', admin.password);
  await page.keyboard.press('Enter');
  await sees(page, 'First steps');
});

it('skips to the page, and goes to another one by its name', async () => {
  await hands.enter('link', 'Skip to the page');
  await hands.press('Tab');
  expect(await page.getByRole('main').evaluate((main) => main.contains(document.activeElement))).toBe(true);
  await go('Profiles');
});

it('makes a profile in all four steps', async () => {
  await hands.enter('link', 'Add device profile');
  await hands.type('Name', 'pumps');
  await hands.enter('button', 'Next');
  await hands.type('Days that readings are kept', '30', 'spinbutton');
  await hands.enter('button', 'Next');
  await hands.enter('button', 'Next');
  await hands.to('radio', /^Allow to create/);
  await hands.press('ArrowDown');
  await hands.enter('button', 'Add');
  await sees(page, 'pumps is made');
  await hands.to('button', 'Copy Provision device secret');
  await hands.press('Enter');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toHaveLength(32);
  await hands.enter('link', 'To the profile');
  await page.getByRole('heading', { name: 'pumps', level: 1 }).waitFor();
  await expect.poll(() => server.api('GET', '/v1/profiles/pumps')).toMatchObject({ strategy: 'preprovisioned', retentionDays: 30 });
});

it('adds a device that brings a user name and a password', async () => {
  await go('Devices');
  await hands.enter('link', 'Add device');
  await hands.type('Name', 'pump-1');
  await hands.type('Profile', 'pumps', 'combobox');
  await hands.enter('button', 'Next');
  await hands.type('It proves who it is with', 'MQTT', 'combobox');
  await hands.type('User name', 'pump');
  await hands.type('Password', 'a secret of the pump');
  await hands.enter('button', 'Add device');
  await sees(page, 'pump-1 is in');
  await hands.enter('link', 'To the device');
  await sees(page, 'It has not reported anything yet');
  await expect.poll(() => server.api('GET', '/v1/devices/pump-1')).toMatchObject({ profile: 'pumps', credentials: [{ kind: 'MQTT_BASIC' }] });
});

it('adds and revokes a credential', async () => {
  await hands.enter('link', 'Credentials');
  await hands.to('button', 'Add credential');
  await hands.asked(async () => {
    await hands.enter('button', 'Add credential');
    await sees(page, 'It is shown this once');
    await hands.enter('button', 'Close');
  });
  const token = page.getByRole('row', { name: /Access token/ });
  await token.filter({ hasText: 'active' }).waitFor();
  await hands.to('button', 'Revoke', token);
  await hands.asked(() => hands.press('Escape'));
  await hands.asked(() => hands.enter('button', 'Revoke'));
  await token.filter({ hasText: 'revoked' }).waitFor();
});

it('adds, changes and removes an attribute', async () => {
  const shared = page.getByRole('region', { name: 'Shared' });
  await hands.back('link', 'Attributes');
  await hands.press('Enter');
  await shared.waitFor();
  await hands.to('button', 'Add attribute');
  await hands.asked(async () => {
    await hands.type('Key', 'interval');
    await hands.type('Value', '30');
    await hands.enter('button', 'Save');
  });
  await shared.getByRole('cell', { name: '30', exact: true }).waitFor();
  await hands.to('button', 'Change interval');
  await hands.asked(async () => {
    await hands.to('textbox', 'Value');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('60');
    await hands.enter('button', 'Save');
  });
  await shared.getByRole('cell', { name: '60', exact: true }).waitFor();
  await hands.to('button', 'Remove interval');
  await hands.asked(() => hands.enter('button', 'Remove'));
  await shared.getByText('None.').waitFor();
});

it('narrows and sorts the list of devices, and opens one of them', async () => {
  await server.bulk(['name', ...Array.from({ length: 30 }, (_, i) => `meter-${10 + i}`)].join('\n'));
  await go('Devices');
  await hands.type('Part of a name', 'meter-2', 'searchbox');
  await page.waitForURL(/search=meter-2/);
  await sees(page, '10 devices');
  await hands.enter('button', 'Name');
  await page.waitForURL(/sort=-name/);
  await hands.to('link', 'meter-29');
  await hands.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'meter-28', level: 1 }).waitFor();
});

it('reads why a device was refused', async () => {
  const body = JSON.stringify({ deviceName: 'pump-9', provisionDeviceKey: 'mistyped', provisionDeviceSecret: 'mistyped' });
  await fetch(`${server.url}/api/v1/provision`, { method: 'POST', body });
  await go('Why');
  await hands.enter('link', 'provision-key-unknown');
  await page.getByRole('heading', { name: 'pump-9 was not let in' }).waitFor();
});

it('makes a user', async () => {
  await go('Settings');
  await hands.enter('link', 'Users');
  await hands.to('button', 'Add user');
  await hands.asked(async () => {
    await hands.type('Name', 'berta');
    await hands.to('radio', /^Viewer/);
    await hands.press('ArrowDown');
    await hands.type('Password', 'a long pass phrase');
    await page.keyboard.press('Enter');
  });
  await page.getByRole('row', { name: /berta Operator may sign in/ }).waitFor();
});

it('changes the language, signs out, and signs in', async () => {
  await hands.choose(/^A?anna/i, 'Sprache: Deutsch');
  await page.getByRole('navigation', { name: 'Seiten' }).waitFor();
  await hands.choose(/^A?anna/i, 'Abmelden');
  await page.waitForURL('**/sign-in');
  await hands.type('Name', admin.name);
  await hands.type('Passwort', admin.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Übersicht', level: 1 }).waitFor();
  expect(page.wrong).toEqual([]);
});
