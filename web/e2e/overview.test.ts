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

const send = (path: string, body: unknown) => fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
const ask = (deviceName: string, secret: string) => send('/api/v1/provision', { deviceName, provisionDeviceKey: 'pumps-key', provisionDeviceSecret: secret, credentialsType: 'ACCESS_TOKEN', token: `token-of-${deviceName}-0123456789` });

it('shows the first steps, until a device has let itself in', async () => {
  await sees(page, 'Nothing needs attention.');
  const first = page.getByRole('region', { name: 'First steps' });
  await first.getByRole('link', { name: 'Add device profile' }).waitFor();
  await server.api('POST', '/v1/profiles', { name: 'pumps', strategy: 'create', provisionKey: 'pumps-key', provisionSecret: 'pumps-secret-0123456789' });
  expect((await ask('pump-1', 'pumps-secret-0123456789')).status).toBe(200);
  await page.getByRole('region', { name: 'Today' }).getByText('Provisioned').waitFor(); // by itself
  expect(await first.count()).toBe(0);
});

it('counts what is reported while it is reported, and draws it', async () => {
  const messages = page.getByRole('region', { name: 'Messages a second' });
  await messages.getByText('live').waitFor();
  const picture = messages.getByRole('img');
  let told = '';
  await expect
    .poll(
      async () => {
        await send('/api/v1/token-of-pump-1-0123456789/telemetry', { pressure: 2.5 });
        told = (await picture.getAttribute('aria-label')) ?? '';
        return told;
      },
      { timeout: 15_000 },
    )
    .toMatch(/^Messages a second\. .* highest [1-9]/);
  await picture.locator('canvas').waitFor();

  // It is read value by value with the keyboard, and as a table.
  await picture.focus();
  await page.keyboard.press('End');
  await messages.getByRole('status').getByText(/^\d\d:\d\d:\d\d · [\d,]+$/).waitFor();
  expect(await messages.getByRole('table', { name: 'Messages a second' }).getByRole('row').count()).toBeGreaterThan(1);
});

it('counts who was refused, and why', async () => {
  expect(await (await ask('pump-2', 'guessed')).json()).toMatchObject({ status: 'NOT_FOUND' });
  const today = page.getByRole('region', { name: 'Today' });
  await today.getByRole('link', { name: 'provision-secret-wrong' }).waitFor();
});

it('says first what needs attention', async () => {
  await server.api('POST', '/v1/devices/pump-1/credentials', { token: 'a-token-for-a-day', expiresAt: new Date(Date.now() + 86_400_000).toISOString() });
  await page.reload();
  await page.getByRole('region', { name: 'What needs attention' }).getByText('A credential ends within 3 days').waitFor();
  await page.getByRole('region', { name: 'Credentials that expire soon' }).getByRole('img', { name: /highest 1,/ }).waitFor();
  expect(page.wrong).toEqual([]);
});
