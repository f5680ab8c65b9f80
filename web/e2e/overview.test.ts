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
  await expect.poll(() => first.count()).toBe(0);
});

it('counts what is reported while it is reported, and draws it', async () => {
  const messages = page.getByRole('region', { name: 'Messages a second' });
  await messages.getByText('live').waitFor();
  const picture = messages.getByRole('img');
  let told = '';
  await expect
    .poll(async () => {
      await send('/api/v1/token-of-pump-1-0123456789/telemetry', { pressure: 2.5 });
      told = (await picture.getAttribute('aria-label')) ?? '';
      return told;
    })
    .toMatch(/^Messages a second\. .* highest [1-9]/);
  await picture.locator('canvas').waitFor();

  // It is read value by value with the keyboard, and as a table.
  await picture.focus();
  await page.keyboard.press('End');
  await messages.getByRole('status').getByText(/^\d\d:\d\d:\d\d · [\d,]+$/).waitFor();
  expect(await messages.getByRole('table', { name: 'Messages a second' }).getByRole('row').count()).toBeGreaterThan(1);
});

it('shows at once what was before, after a reload and after nobody has looked', async () => {
  await page.reload();
  const messages = page.getByRole('region', { name: 'Messages a second' });
  const picture = messages.getByRole('img', { name: /highest [1-9]/ });
  await picture.waitFor();

  const look = (hidden: boolean) =>
    page.evaluate((is) => {
      Object.defineProperty(document, 'hidden', { value: is, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await messages.getByText('live').waitFor();
  await look(true);
  await messages.getByText('live').waitFor({ state: 'detached' });
  const from = Date.now() - 3_600_000;
  await send('/api/v1/token-of-pump-1-0123456789/telemetry', Array.from({ length: 200 }, (_, i) => ({ ts: from + i, values: { pressure: 1 } })));
  await expect.poll(async () => Math.max(...(await server.api<{ items: { samples: number }[] }>('GET', '/v1/traffic')).items.map((s) => s.samples)), { timeout: 5_000 }).toBeGreaterThanOrEqual(200);
  await look(false);
  await messages.getByRole('img', { name: /highest 2\d\d,/ }).waitFor();
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
});

it('draws what a device has reported, with its gaps, live and as far back as one likes', async () => {
  const now = Date.now();
  const minutes = [50, 49, 48, 47, 20, 19, 18].map((m) => ({ ts: now - m * 60_000, values: { level: 2 + m / 100, mode: m > 30 ? 'low' : 'high' } }));
  await send('/api/v1/token-of-pump-1-0123456789/telemetry', minutes);
  let flows = () => {};
  await page.route('**/v1/events?kind=telemetry*', async (route) => {
    await new Promise<void>((resolve) => (flows = resolve));
    await route.continue();
  });
  await page.goto('/devices/pump-1?keys=level,mode');
  const picture = page.getByRole('img', { name: /^level\. / });
  const says = (text: RegExp) => expect.poll(() => picture.getAttribute('aria-label')).toMatch(text);
  await says(/lowest 2\.18, highest 2\.5/);
  await send('/api/v1/token-of-pump-1-0123456789/telemetry', { level: 7.25 });
  flows(); // the stream begins after that
  await says(/highest 7\.25, latest 7\.25/);
  await page.getByText('live', { exact: true }).waitFor();
  await send('/api/v1/token-of-pump-1-0123456789/telemetry', { mode: 'off' });
  const modes = page.getByRole('region', { name: 'mode' }).getByRole('row');
  await expect.poll(async () => (await modes.allInnerTexts()).slice(1).map((t) => t.split(/\s/)[0])).toEqual(['off', 'high', 'low']); // by itself

  // By the keyboard alone: another range, and its values one by one.
  await page.getByRole('link', { name: 'Week', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/range=week/);
  await page.getByRole('button', { name: 'mode', exact: true }).focus();
  await page.keyboard.press('Space');
  await page.waitForURL(/keys=level(&|$)/);
  await picture.focus();
  await page.keyboard.press('End');
  await sees(page, /^\w{3} \d\d:\d\d · [\d.]+/);

  // A stretch that is drawn over becomes what is shown, and is in the URL.
  const box = await picture.boundingBox();
  if (!box) {
    throw new Error('there is no picture');
  }
  await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/range=own&from=20/);
  await page.getByLabel('From', { exact: true }).waitFor();
  await says(/It reported nothing in this time/);
  await page.goBack();
  await page.waitForURL(/range=week/);
  expect(page.wrong).toEqual([]);
});

it('says that it is old when the server is silent, and never that all is well', async () => {
  await page.close();
  const late = await browser.contexts()[0]?.newPage();
  await late?.clock.install();
  await late?.goto('/');
  const messages = late?.getByRole('region', { name: 'Messages a second' });
  await messages?.getByText('live').waitFor();
  await server.stop();
  await expect.poll(async () => {
    await late?.clock.fastForward(10_000);
    return await late?.getByRole('region', { name: 'What needs attention' }).getByText(/^The server has not answered since/).count();
  }).toBe(1);
  await messages?.getByText(/^as of \d\d:\d\d:\d\d$/).waitFor();
});
