import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, open, setUp } from '../browser';
import { serve, type Server } from '../server';
import { figure } from './figure';

const rate = 5_000; // readings a second
const seconds = 10;

let server: Server;
let browser: Browser;
let load: ChildProcess;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve(), launch()]);
});
afterAll(async () => {
  load?.kill('SIGINT');
  await browser?.close();
  await server?.stop();
});

// busy is for how many seconds the page's main thread has had tasks.
async function busy(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find((m) => m.name === 'TaskDuration')?.value ?? NaN;
}

it('the overview, live, while the fleet reports 5,000 times a second', async () => {
  const page = await open(browser, server.url);
  await setUp(page, server.setup);
  const { secret } = await server.api<{ secret: string }>('POST', '/v1/tokens', { name: 'load', role: 'operator' });
  load = spawn(
    resolve(import.meta.dirname, '../../../bin/muster'),
    ['simulate', '--url', server.url, '--mqtt', `127.0.0.1:${server.mqtt}`, '--devices', '200', '--rate', String(rate), '--session', '0', '--for', '60s', '-o', 'json'],
    { stdio: 'ignore', env: { ...process.env, MUSTER_TOKEN: secret } },
  );
  const messages = page.getByRole('region', { name: 'Messages a second' });
  const reported = async () => Number((await messages.locator('strong').first().innerText()).replaceAll(',', ''));
  await messages.locator('canvas').waitFor();
  await expect.poll(reported, { timeout: 60_000 }).toBeGreaterThan(rate / 2);

  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const shares: number[] = [];
  const rates: number[] = [];
  for (let s = 0; s < seconds; s++) {
    const before = await busy(devtools);
    const began = performance.now();
    await page.waitForTimeout(1_000);
    shares.push(((await busy(devtools)) - before) / ((performance.now() - began) / 1_000) * 100);
    rates.push(await reported());
  }
  console.log(`readings a second that the page showed, of ${rate} that were asked for: ${rates.join(', ')}`);
  figure({ name: `overview, live, meanwhile`, unit: '% of a core', budget: 30, most: 60 }, shares);
  expect(page.wrong).toEqual([]);
});
