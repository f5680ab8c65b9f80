import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { admin, launch, open, sees, setUp, signIn } from './browser';
import { serve, type Server } from './server';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it('is set up by the link of the first start, once', async () => {
  const page = await open(browser, server.url);
  await setUp(page, server.setup);
  await sees(page, 'First steps');
  const again = await open(browser, server.url);
  await again.goto(server.setup);
  await again.getByLabel('Name').fill('berta');
  await again.getByRole('textbox', { name: 'Password' }).fill('a long pass phrase');
  await again.getByRole('button', { name: 'Make the admin' }).click();
  await sees(again, 'setup-link-wrong');
  expect([...page.wrong, ...again.wrong]).toEqual([]);
});

it('lets in who signs in, to the page that was asked for, and nobody after signing out', async () => {
  const page = await open(browser, server.url);
  await page.goto('/devices?search=pump');
  await page.waitForURL(/\/sign-in\?to=/);
  await signIn(page, admin.name, 'not the password');
  await sees(page, 'sign-in-wrong');
  await signIn(page, admin.name, admin.password);
  await page.waitForURL('**/devices?search=pump');
  await sees(page, 'No device is like that');
  await page.getByRole('button', { name: /anna/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  await page.goto('/devices');
  await page.waitForURL(/\/sign-in/);
  expect(page.wrong).toEqual([]);
});

it('sends nobody to another site', async () => {
  const page = await open(browser, server.url);
  await page.goto('/sign-in?to=%2F%2Felsewhere.example');
  await signIn(page, admin.name, admin.password);
  await page.waitForURL(`${server.url}/`);
});

it('leaves the page when the login is ended elsewhere', async () => {
  const page = await open(browser, server.url);
  await page.goto('/devices');
  await signIn(page, admin.name, admin.password);
  await page.getByLabel('Part of a name').waitFor();
  const { items } = await server.api<{ items: { id: string }[] }>('GET', '/v1/logins');
  await Promise.all(items.map((l) => server.api('DELETE', `/v1/logins/${l.id}`)));
  const asked = page.getByLabel('Part of a name').fill('x', { timeout: 2_000 }).catch(() => undefined); // unless it has left already
  await page.waitForURL(/\/sign-in\?to=/);
  await asked;
  expect(page.wrong).toEqual([]);
});

it('shows a viewer everything and no act', async () => {
  await server.api('POST', '/v1/users', { name: 'vera', role: 'viewer', password: 'a long pass phrase' });
  await server.api('POST', '/v1/devices', { name: 'watched' });
  const page = await open(browser, server.url, { locale: 'de-DE' });
  await page.goto('/devices');
  await page.getByLabel('Name').fill('vera');
  await page.getByRole('textbox', { name: 'Passwort' }).fill('a long pass phrase');
  await page.getByRole('button', { name: 'Anmelden' }).click();
  await page.getByRole('link', { name: 'watched' }).click();
  await sees(page, 'Es hat noch nichts gemeldet');
  for (const part of ['Attribute', 'Zugangsdaten', 'Verbindungen']) {
    await page.getByRole('link', { name: part }).click();
    await page.getByRole('region', { name: part === 'Attribute' ? 'Gemeinsam' : part }).waitFor();
    expect(await page.getByRole('main').getByRole('button').allInnerTexts()).toEqual(['']); // the one that copies the id
  }
  await page.goto('/devices');
  await page.getByRole('link', { name: 'watched' }).waitFor();
  expect(await page.getByRole('link', { name: 'Gerät hinzufügen' }).count()).toBe(0);
  expect(page.wrong).toEqual([]);
});
