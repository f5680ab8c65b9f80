import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { launch, open, setUp } from './browser';
import { furnish } from './furnish';
import { visit } from './pages';
import { serve, type Server } from './server';

const folder = join(import.meta.dirname, '../../.cache/screenshots');
const images = join(import.meta.dirname, '../../docs/images');

// The pictures that the README shows, by what they are called there.
const shown = new Map([
  ['story', 'why'],
  ['connect-device', 'connect'],
  ['device-charts', 'charts'],
]);

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve(), launch(), mkdir(folder, { recursive: true }), mkdir(images, { recursive: true })]);
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

it.each([
  ['light', 'wide', { width: 1280, height: 800 }],
  ['dark', 'wide', { width: 1280, height: 800 }],
  ['light', 'phone', { width: 390, height: 844 }],
  ['dark', 'phone', { width: 390, height: 844 }],
] as const)('%s, %s', async (colorScheme, width, viewport) => {
  const page = await open(browser, server.url, { colorScheme, viewport, reducedMotion: 'reduce' });
  await visit(page, async (name) => {
    await page.waitForTimeout(500);
    const path = join(folder, `${name}-${width}-${colorScheme}.png`);
    await page.screenshot({ path });
    const image = shown.get(name);
    if (image && width === 'wide' && colorScheme === 'light') {
      await copyFile(path, join(images, `${image}.png`));
    }
  });
});
