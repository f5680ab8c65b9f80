import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { admin, launch, open, refusedOnce, sees, setUp, signIn } from './browser';
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

const dialog = () => page.getByRole('dialog');
const row = (name: RegExp) => page.getByRole('row', { name });

// choose opens the menu of somebody and takes what is called so, by the keyboard alone.
async function choose(name: string, act: string) {
  await page.getByRole('button', { name: `More: ${name}` }).focus();
  await page.keyboard.press('Enter');
  const item = page.getByRole('menuitem', { name: act });
  await item.waitFor();
  await item.focus();
  await page.keyboard.press('Enter');
}

it('shows how the server is, what it shows and where it listens', async () => {
  await page.goto('/settings');
  await page.waitForURL('**/settings/server');
  await sees(page, 'What the server finds when it looks at itself');
  await page.getByRole('listitem').filter({ hasText: 'clock' }).getByRole('img', { name: 'in order' }).waitFor();
  await row(/^Server CN=.*by itself/).waitFor();
  await row(/MQTTS 127\.0\.0\.1:\d+.*TLS/).waitFor();
  await page.getByRole('link', { name: 'Limits' }).click();
  await row(/limits\.authFailures 60 from a reload on/).waitFor();
  await page.getByRole('link', { name: 'Configuration' }).click();
  await row(/logLevel warn.*--log-level/).waitFor();
  await page.getByRole('button', { name: 'Read again' }).click();
  await sees(page, 'Nothing is other than before.');
  await page.getByRole('link', { name: 'Metrics' }).click();
  await page.getByRole('button', { name: 'Copy Scrape job for Prometheus' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`targets: ['${new URL(server.url).host}']`);
});

it('adds users, changes what they may, and never takes the last admin', async () => {
  await page.getByRole('link', { name: 'Users' }).click();
  await page.getByRole('button', { name: 'Add user' }).click();
  await dialog().getByLabel('Name').fill('berta');
  await dialog().getByRole('radio', { name: 'Operator' }).check();
  await dialog().getByRole('textbox', { name: 'Password' }).fill('a long pass phrase');
  await page.keyboard.press('Enter');
  await row(/berta Operator may sign in/).waitFor();

  await choose('berta', 'Make Viewer');
  await dialog().getByRole('button', { name: 'Change role' }).click();
  await row(/berta Viewer/).waitFor();
  await choose('berta', 'Set password');
  await dialog().getByRole('textbox', { name: 'Password' }).fill('another long phrase');
  await dialog().getByRole('button', { name: 'Set password' }).click();
  await dialog().waitFor({ state: 'detached' });
  await choose('berta', 'Suspend');
  await dialog().getByRole('button', { name: 'Suspend' }).click();
  await row(/berta Viewer suspended/).waitFor();
  await page.getByLabel('State').selectOption('suspended');
  await page.waitForURL(/disabled=true/);
  await row(/anna/).waitFor({ state: 'detached' });
  const refusal = { reason: 'version-stale', status: 412, title: 'Changed since.', detail: 'changed since it was read' };
  await page.route('**/v1/users/berta', (route) => route.fulfill({ status: 412, json: refusal }), { times: 1 });
  await choose('berta', 'Let sign in again');
  await sees(page, 'Changed since it was read.');
  await choose('berta', 'Let sign in again');
  await sees(page, 'No user is like that');
  await page.getByLabel('State').selectOption('Any state');

  await choose('anna', 'Delete user');
  await dialog().getByRole('button', { name: 'Delete user' }).click();
  await dialog().getByText('last-admin').waitFor();
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
});

it('makes a token that opens the API until it is revoked', async () => {
  await page.getByRole('link', { name: 'API tokens' }).click();
  await page.getByRole('button', { name: 'Add API token' }).click();
  await dialog().getByLabel('Name').fill('nightly');
  await dialog().getByLabel('Valid until').fill('2099-01-01T00:00');
  await dialog().getByRole('button', { name: 'Add API token' }).click();
  await dialog().getByRole('button', { name: 'Copy API token' }).click();
  const token = await page.evaluate(() => navigator.clipboard.readText());
  const asks = (method: string, path: string) => fetch(server.url + path, { method, headers: { Authorization: `Bearer ${token}` } }).then((r) => r.status);
  expect(await asks('GET', '/v1/devices')).toBe(200);
  expect(await asks('DELETE', '/v1/devices/nobody')).toBe(403);
  await dialog().getByRole('button', { name: 'Close' }).last().click();
  await row(/nightly nobody’s Viewer live/).waitFor();
  await page.getByRole('button', { name: 'Revoke: nightly' }).click();
  await dialog().getByRole('button', { name: 'Revoke' }).click();
  await row(/nightly nobody’s Viewer revoked/).waitFor();
  expect(await asks('GET', '/v1/devices')).toBe(401);
});

it('tells who has changed what, and how it was before', async () => {
  await server.api('POST', '/v1/devices', { name: 'pump-1', label: 'old' });
  await server.api('PATCH', '/v1/devices/pump-1', { label: 'new' });
  await page.getByRole('link', { name: 'Audit log' }).click();
  await row(/anna API token: revoked nightly/).waitFor();
  await page.getByLabel('Which, exactly').fill('pump-1');
  await page.waitForURL(/name=pump-1/);
  await page.getByRole('link', { name: 'Device: changed' }).click();
  await page.waitForURL(/entry=\d+/);
  await page.reload();
  await dialog().locator('dd[data-side]').first().waitFor();
  expect(await dialog().locator('dd[data-side]').allInnerTexts()).toEqual(['old', 'new']);
  await page.keyboard.press('Escape');
  await page.waitForURL((url) => !url.searchParams.has('entry'));
  await page.getByLabel('Which, exactly').fill('');
  await page.getByLabel('Until').fill('2001-01-01T00:00');
  await sees(page, 'Nothing is in the log');
});

it('downloads a backup', async () => {
  await page.getByLabel('Who, exactly').fill('a'); // who goes on while typing has not paused is not called back
  await page.getByRole('link', { name: 'Backup' }).click();
  await page.getByRole('textbox', { name: 'Passphrase' }).fill('kept somewhere else');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Back up now' }).click()]);
  expect(download.suggestedFilename()).toMatch(/^muster-\d{8}T\d{4}\.tar$/);
  const file = await readFile(await download.path());
  expect(file.subarray(257, 262).toString()).toBe('ustar');
  await sees(page, download.suggestedFilename());
});

it('signs out another browser, and all others with another password', async () => {
  const other = await open(browser, server.url);
  await other.goto('/devices');
  await signIn(other, admin.name, admin.password);
  await other.getByLabel('Part of a name').waitFor();

  await page.getByRole('button', { name: /anna/ }).click();
  await page.getByRole('menuitem', { name: 'My account' }).click();
  await row(/Chromium.*this one/).waitFor();
  await refusedOnce(page, 'Sign out: Chromium, Linux', '**/v1/logins/*');
  await page.getByRole('button', { name: 'Sign out: Chromium, Linux' }).waitFor({ state: 'detached' });
  await other.getByLabel('Part of a name').fill('x');
  await other.waitForURL(/\/sign-in/);

  await signIn(other, admin.name, admin.password);
  await other.getByLabel('Part of a name').waitFor();
  await page.getByLabel('Password so far').fill('not this one');
  await page.getByLabel('New password').fill('eight loud herons');
  await page.getByRole('button', { name: 'Change password' }).click();
  await sees(page, 'sign-in-wrong'); // and stays signed in
  await page.getByLabel('Password so far').fill(admin.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await sees(page, 'The new password counts from now on.');
  await other.getByLabel('Part of a name').fill('y');
  await other.waitForURL(/\/sign-in/);
  expect([...page.wrong, ...other.wrong]).toEqual([]);
});

it('shows a viewer the server, and nothing of who may do what', async () => {
  const vera = await open(browser, server.url, { locale: 'de-DE' });
  await server.api('POST', '/v1/users', { name: 'vera', role: 'viewer', password: 'a long pass phrase' });
  await vera.goto('/settings');
  await vera.getByLabel('Name').fill('vera');
  await vera.getByRole('textbox', { name: 'Passwort' }).fill('a long pass phrase');
  await vera.getByRole('button', { name: 'Anmelden' }).click();
  await sees(vera, 'Was der Server an sich selbst findet');
  expect(await vera.getByRole('navigation', { name: 'Teile der Einstellungen' }).getByRole('link').allInnerTexts()).toEqual(['Server', 'Grenzen', 'Metriken']);
  await vera.goto('/settings/users');
  await sees(vera, 'role-too-low');
  await vera.goto('/account');
  await sees(vera, 'Sie haben kein API-Token');
  await vera.getByLabel('Sprache der Konsole').selectOption('English');
  await sees(vera, 'Where I am signed in');

  const dialog = vera.getByRole('dialog');
  await vera.getByRole('button', { name: 'Add API token' }).click();
  expect(await dialog.getByRole('radio').count()).toBe(1); // no higher role than her own
  await dialog.getByLabel('Name').fill('mine');
  await vera.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Copy API token' }).click();
  const token = await vera.evaluate(() => navigator.clipboard.readText());
  const asks = () => fetch(`${server.url}/v1/me`, { headers: { Authorization: `Bearer ${token}` } });
  expect(await (await asks()).json()).toMatchObject({ name: 'token:vera/mine', role: 'viewer' });
  await vera.keyboard.press('Escape');
  await vera.getByRole('button', { name: 'Revoke: mine' }).click();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await vera.getByRole('row', { name: /mine Viewer revoked/ }).waitFor();
  expect((await asks()).status).toBe(401);
  expect(vera.wrong).toEqual([]);
});
