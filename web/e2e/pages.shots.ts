import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { admin, launch, open, setUp, signIn } from './browser';
import { furnish } from './furnish';
import { serve, type Server } from './server';

const folder = join(import.meta.dirname, '../../.cache/screenshots');

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve(), launch(), mkdir(folder, { recursive: true })]);
  const page = await open(browser, server.url);
  await page.goto(server.setup);
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(folder, 'setup.png') });
  await setUp(page, server.setup);
  await furnish(server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

// provisioning goes to the fourth step of the wizard.
async function provisioning(page: Page) {
  await page.getByLabel('Name').fill('pumps');
  for (let step = 0; step < 3; step++) {
    await page.getByRole('button', { name: 'Next' }).click();
  }
}

// The pages, by the name of their picture, and what is done there before it is taken.
const pages: [name: string, path: string, before?: (page: Page) => Promise<unknown>][] = [
  ['devices', '/devices'],
  ['devices-none', '/devices?search=nothing+like+this'],
  ['add-device', '/add-device'],
  ['device-values', '/devices/greenhouse-07'],
  ['device-attributes', '/devices/greenhouse-07?part=attributes'],
  ['device-credentials', '/devices/greenhouse-07?part=credentials'],
  ['device-journal', '/devices/greenhouse-07?part=journal'],
  ['profiles', '/profiles'],
  ['add-profile', '/add-profile', provisioning],
  ['profile-keys', '/profiles/greenhouse'],
  ['profile-settings', '/profiles/greenhouse?part=settings'],
  ['settings-server', '/settings/server'],
  ['settings-users', '/settings/users'],
  ['settings-tokens', '/settings/tokens'],
  ['settings-limits', '/settings/limits'],
  ['settings-configuration', '/settings/configuration'],
  ['settings-backup', '/settings/backup'],
  ['settings-metrics', '/settings/metrics'],
  ['settings-audit', '/settings/audit'],
  ['settings-audit-entry', '/settings/audit?noun=device&name=greenhouse-05', (page) => page.getByRole('link', { name: 'Device: changed' }).first().click()],
  ['account', '/account'],
  ['device-unknown', '/devices/nobody'],
  ['delete', '/devices/greenhouse-07', (page) => page.getByRole('button', { name: 'More' }).click().then(() => page.getByRole('menuitem', { name: 'Delete' }).click())],
  ['palette', '/devices', (page) => page.keyboard.press('Control+k').then(() => page.keyboard.type('green', { delay: 20 }))],
];

it.each([
  ['light', 'wide', { width: 1280, height: 800 }],
  ['dark', 'wide', { width: 1280, height: 800 }],
  ['light', 'phone', { width: 390, height: 844 }],
  ['dark', 'phone', { width: 390, height: 844 }],
] as const)('%s, %s', async (colorScheme, width, viewport) => {
  const page = await open(browser, server.url, { colorScheme, viewport, reducedMotion: 'reduce' });
  await page.goto('/sign-in');
  await page.getByLabel('Name').waitFor();
  await page.screenshot({ path: join(folder, `sign-in-${width}-${colorScheme}.png`) });
  await signIn(page, admin.name, admin.password);
  await page.locator('#page').waitFor();
  for (const [name, path, before] of pages) {
    await page.goto(path);
    await page.getByRole('main').getByRole('heading').first().waitFor();
    await page.waitForLoadState('networkidle').catch(() => undefined); // a live page is never idle
    await before?.(page);
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
  }
});
