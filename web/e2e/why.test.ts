import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, open, sees, setUp, signIn } from './browser';
import { serve, type Server } from './server';

const run = promisify(execFile);

let server: Server;
let browser: Browser;
let page: Page & { wrong: string[] };
let folder: string;

beforeAll(async () => {
  [server, browser, folder] = await Promise.all([serve(), launch(), mkdtemp(join(tmpdir(), 'muster-why-'))]);
  page = await open(browser, server.url);
  await setUp(page, server.setup);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

// provision asks to be let in as a device does, and returns the answer's status.
async function provision(name: string, key: string): Promise<string> {
  const response = await fetch(`${server.url}/api/v1/provision`, {
    method: 'POST',
    body: JSON.stringify({ deviceName: name, token: `token-of-${name}-0123456789`, provisionDeviceKey: key, provisionDeviceSecret: 'secret-0123456789' }),
  });
  return ((await response.json()) as { status: string }).status;
}

// away points at nothing: rows come in by themselves only then.
const away = () => page.mouse.move(0, 0);

it('shows a refusal the moment it happens, mends it, and tells that the device came in', async () => {
  await server.api('POST', '/v1/profiles', { name: 'batch', strategy: 'create', provisionKey: 'batch-key', provisionSecret: 'secret-0123456789' });
  await server.api('PATCH', '/v1/provision-keys/batch-key', { maxDevices: 1 });
  expect(await provision('pump-1', 'batch-key')).toBe('SUCCESS');
  await page.getByRole('link', { name: 'Why' }).click();
  await sees(page, 'Nobody has been refused');
  await away();
  await sees(page, /^live$/);
  expect(await provision('pump-2', 'batch-key')).not.toBe('SUCCESS');
  await page.getByRole('row', { name: /pump-2/ }).getByRole('link', { name: 'provision-key-exhausted' }).click();
  await page.waitForURL(/\/why\/\d+$/);
  await page.getByRole('heading', { name: 'pump-2 was not let in' }).waitFor();
  await page.getByRole('listitem').filter({ hasText: 'The key may let in one more' }).getByText('failed').waitFor();
  await page.getByRole('button', { name: 'Copy as text' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('[!] The key may let in one more');

  await page.getByRole('button', { name: 'Raise the key’s maximum' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('The provision key batch-key may let in one device').waitFor();
  await dialog.getByRole('button', { name: 'Raise the key’s maximum' }).click();
  await sees(page, 'Let the device try again.');
  expect(await provision('pump-2', 'batch-key')).toBe('SUCCESS');
  await sees(page, 'It has come in.');
  await expect.poll(() => server.api('GET', '/v1/provision-keys/batch-key')).toMatchObject({ maxDevices: 2, devices: 2 });
});

it('tells the story in German to who reads German, and has nobody else fetch that', async () => {
  const fetched = () => page.evaluate(() => performance.getEntriesByType('resource').filter((r) => r.name.includes('german')).length);
  await page.goto('/why?reason=provision-key-exhausted');
  await sees(page, 'the provision key has let in as many devices as it may');
  expect(await fetched()).toBe(0);
  await page.getByRole('button', { name: 'anna' }).click();
  await page.getByRole('menuitem', { name: 'Sprache: Deutsch' }).click();
  await page.getByRole('row', { name: /pump-2/ }).getByText('Der Schlüssel hat so viele Geräte zugelassen, wie er darf').waitFor();
  expect(await fetched()).toBe(1);
  await page.getByRole('link', { name: 'provision-key-exhausted' }).first().click();
  await page.reload();
  await page.getByRole('heading', { name: 'pump-2 wurde nicht zugelassen' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('de');
  await sees(page, 'Der Schlüssel hat so viele Geräte zugelassen, wie er darf.');
  await sees(page, 'Erhöhen Sie seine Höchstzahl, oder legen Sie für die nächste Charge einen neuen Schlüssel an.');
  await page.getByRole('listitem').filter({ hasText: 'Der Schlüssel darf noch ein Gerät zulassen' }).getByText('nicht bestanden').waitFor();
  expect(await page.getByRole('main').getByText(/^(the|there|neither|raise) /i).allTextContents()).toEqual([]);
  await page.getByRole('button', { name: 'anna' }).click();
  await page.getByRole('menuitem', { name: 'Language: English' }).click();
  await page.getByRole('heading', { name: 'pump-2 was not let in' }).waitFor();
});

it('registers the certificate that a stranger has shown, who comes in then', async () => {
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '9', '-subj', '/CN=valve-9', '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'crt.pem')]);
  const publish = () =>
    run('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(server.mqtts), '--cafile', server.root, '--cert', join(folder, 'crt.pem'), '--key', join(folder, 'key.pem'), '-q', '1', '-t', 'v1/devices/me/telemetry', '-m', '{"bar":2}']);
  await expect(publish()).rejects.toThrow();
  await page.goto('/why?who=strangers');
  await page.getByRole('row', { name: /valve-9/ }).getByRole('link', { name: 'certificate-unknown' }).click();
  await page.getByRole('button', { name: 'Register this certificate' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByLabel('Name of the device').inputValue()).toBe('valve-9');
  await dialog.getByLabel('Profile').selectOption('batch');
  await dialog.getByRole('button', { name: 'Register this certificate' }).click();
  await sees(page, 'Let the device try again.');
  await publish();
  await sees(page, 'It has come in.');
  await expect.poll(() => server.api('GET', '/v1/devices/valve-9')).toMatchObject({ profile: 'batch', credentials: [{ kind: 'X509_CERTIFICATE' }] });
});

it('keeps strangers apart, and every condition in the URL', async () => {
  await fetch(`${server.url}/api/v1/nobodys-token/telemetry`, { method: 'POST', body: '{}' });
  await page.goto('/why?outcome=any');
  await page.getByRole('row', { name: /pump-1/ }).waitFor();
  await page.getByRole('link', { name: 'Strangers' }).click();
  await page.getByRole('link', { name: 'token-unknown' }).waitFor();
  expect(await page.getByRole('navigation', { name: 'Whose attempts' }).locator('[aria-current]').count()).toBe(1);
  await expect.poll(() => page.getByRole('row', { name: /pump/ }).count()).toBe(0); // the old rows stay until the new ones are there
  await page.getByRole('link', { name: 'Known', exact: true }).click();
  await page.getByLabel('Reason').selectOption('provision-key-exhausted');
  await page.getByLabel('Address or network').fill('127.0.0.0/8');
  await page.waitForURL(/remote=127/);
  await page.getByLabel('Name, in full').fill('pump-2');
  await page.waitForURL((url) => url.search.includes('name=pump-2') && url.search.includes('remote=127.0.0.0%2F8') && url.search.includes('reason=provision-key-exhausted'));
  await page.getByRole('row', { name: /pump-2/ }).waitFor();
  await page.reload();
  await page.getByRole('row', { name: /pump-2/ }).waitFor();
  await page.getByLabel('Address or network').fill('10.');
  await page.getByLabel('Outcome').selectOption('admitted');
  await sees(page, 'No attempt is like that');
});

it('counts what comes while the list is held, and shows it when it is asked to', async () => {
  await page.goto('/why');
  await page.getByRole('row', { name: /pump-2/ }).first().waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await sees(page, 'paused');
  await provision('pump-3', 'batch-key');
  await page.getByRole('button', { name: '1 new' }).click();
  await page.getByRole('row', { name: /pump-3/ }).waitFor();
});

it('lets a waiting device be approved by keyboard alone, which comes in then', async () => {
  await server.api('POST', '/v1/profiles', { name: 'gates', strategy: 'create', holdNew: true, provisionKey: 'gates-key', provisionSecret: 'secret-0123456789' });
  await page.goto('/waiting');
  await sees(page, 'Nobody waits');
  for (const name of ['gate-1', 'gate-2', 'gate-3']) {
    expect(await provision(name, 'gates-key')).not.toBe('SUCCESS');
  }
  await page.getByRole('row', { name: /gate-3/ }).waitFor(); // by itself: it is live
  await page.getByLabel('Name, in full').focus();
  const approve = page.getByRole('button', { name: 'Approve gate-1' });
  for (let i = 0; i < 12 && !(await approve.evaluate((b) => b === document.activeElement)); i++) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await sees(page, 'gate-1 may ask again now.');
  await page.getByRole('row', { name: /gate-1/ }).waitFor({ state: 'detached' });
  expect(await provision('gate-1', 'gates-key')).toBe('SUCCESS');
  expect(await provision('gate-2', 'gates-key')).not.toBe('SUCCESS');
});

it('decides about many at once', async () => {
  await page.getByLabel('Select all on this page').check();
  await page.getByRole('button', { name: 'Reject 2' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('gate-2, gate-3').waitFor();
  await dialog.getByRole('button', { name: 'Reject 2' }).click();
  await sees(page, 'Nobody waits');
  await page.getByRole('link', { name: 'Rejected' }).click();
  await page.getByRole('button', { name: 'Approve gate-3' }).click();
  await page.getByRole('row', { name: /gate-3/ }).waitFor({ state: 'detached' });
  expect(await provision('gate-3', 'gates-key')).toBe('SUCCESS');
  expect(page.wrong).toEqual([]);
});

it('raises the rate of a key that has let in too many at once, and only of that', async () => {
  await server.api('POST', '/v1/profiles', { name: 'rated', strategy: 'create', provisionKey: 'rated-key', provisionSecret: 'secret-0123456789' });
  await server.api('PATCH', '/v1/provision-keys/rated-key', { rate: 1 });
  await Promise.all(Array.from({ length: 18 }, (_, i) => provision(`lamp-${i}`, 'rated-key')));
  await page.goto('/why?reason=rate-limited');
  await page.getByRole('link', { name: 'rate-limited' }).first().click();
  await page.getByRole('button', { name: 'Raise the key’s rate' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Raise the key’s rate' }).click();
  await sees(page, 'Let the device try again.');
  await expect.poll(() => server.api('GET', '/v1/provision-keys/rated-key')).toMatchObject({ rate: 2 });
  await page.reload();
  await sees(page, 'What this failed at has been changed.');
});

it('offers nobody what they may not do', async () => {
  expect(await provision('pump-4', 'batch-key')).not.toBe('SUCCESS');
  expect(await provision('gate-4', 'gates-key')).not.toBe('SUCCESS');
  await server.api('POST', '/v1/users', { name: 'vera', role: 'viewer', password: 'a viewer of things' });
  const viewer = await open(browser, server.url);
  await viewer.goto('/why?name=pump-4');
  await signIn(viewer, 'vera', 'a viewer of things');
  await viewer.getByRole('link', { name: 'provision-key-exhausted' }).click();
  await sees(viewer, 'Check by check');
  expect(await viewer.getByText('It can be mended here').count()).toBe(0);
  await viewer.getByRole('link', { name: /Waiting room/ }).click();
  await viewer.getByRole('row', { name: /gate-4/ }).waitFor();
  expect(await viewer.getByRole('main').getByRole('button').count()).toBe(0);
  expect(await viewer.getByRole('main').getByRole('checkbox').count()).toBe(0);
  expect(viewer.wrong).toEqual([]);
});
