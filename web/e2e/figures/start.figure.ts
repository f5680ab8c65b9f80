import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { admin, launch, open, setUp, signIn } from '../browser';
import { furnish } from '../furnish';
import { serve, type Server } from '../server';
import { figure } from './figure';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve(), launch()]);
  await setUp(await open(browser, server.url), server.setup);
  await furnish(server);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

// paints opens a page anew with a processor that is four times as slow, and returns when something was first seen and when the page
// itself was there, in milliseconds after it was asked for.
async function paints(path: string, signedIn: boolean): Promise<[seen: number, there: number]> {
  const page = await open(browser, server.url);
  if (signedIn) {
    await page.goto('/sign-in');
    await signIn(page, admin.name, admin.password);
    await page.locator('#page').waitFor();
  }
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await page.goto(path);
  await page.getByRole('heading').first().waitFor();
  const at = await page.evaluate((): [number, number] => [performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN, performance.now()]);
  await page.context().close();
  return at;
}

it.each([
  ['first contentful paint of the sign-in page, CPU 4 times as slow', '/sign-in', false],
  ['first contentful paint of the overview, CPU 4 times as slow', '/', true],
])('%s', async (name, path, signedIn) => {
  const all: [number, number][] = [];
  for (let i = 0; i < 5; i++) {
    all.push(await paints(path, signedIn));
  }
  console.log(`${path}: its heading is there after ${all.map(([, there]) => there.toFixed(0)).join(', ')} ms`);
  figure({ name, unit: 'ms', budget: 1_000, most: 2_500 }, all.map(([seen]) => seen));
});
