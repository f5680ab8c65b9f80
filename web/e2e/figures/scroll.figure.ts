import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, open, setUp } from '../browser';
import { serve, type Server } from '../server';

const rows = Number(process.env.MUSTER_ROWS ?? 100_000);
const seconds = 5;

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

interface Scrolled {
  frames: number; // a second
  late: number; // of a hundred, those that came half a frame and more after they were due
  worst: number; // milliseconds between two of them
}

// scrolled scrolls on by so many points a frame.
function scrolled(page: Page, step: number): Promise<Scrolled> {
  return page.evaluate(
    ([step, ms]) =>
      new Promise<Scrolled>((done) => {
        const pane = document.querySelector('[role=region][tabindex="0"]') ?? document.documentElement;
        const times: number[] = [];
        const frame = (now: number) => {
          times.push(now);
          pane.scrollBy(0, step);
          const begun = times[0] ?? now;
          if (now - begun < ms) {
            requestAnimationFrame(frame);
            return;
          }
          const gaps = times.slice(1).map((t, i) => t - (times[i] ?? t));
          done({ frames: (1_000 * gaps.length) / (now - begun), late: (100 * gaps.filter((g) => g > 25).length) / gaps.length, worst: Math.max(...gaps) });
        };
        requestAnimationFrame(frame);
      }),
    [step, seconds * 1_000] as const,
  );
}

// A processor that does other things as well is late for an empty page, too: so one is scrolled beside it.
it(`the table of ${rows.toLocaleString('en')} devices, scrolled`, { timeout: 600_000 }, async () => {
  const size = { viewport: { width: 1280, height: 800 } };
  const page = await open(browser, server.url, size);
  await setUp(page, server.setup);
  for (let from = 0; from < rows; from += 100_000) {
    const lines = Array.from({ length: Math.min(100_000, rows - from) }, (_, i) => `meter-${String(from + i).padStart(7, '0')},House ${from + i}`);
    await server.bulk(['name,label', ...lines].join('\n'));
  }
  await page.goto('/devices');
  await page.getByRole('link', { name: 'meter-0000000' }).waitFor();
  const empty = await open(browser, server.url, size);
  await empty.setContent('<div style="height: 9000000px; background: linear-gradient(red, blue)"></div>');
  for (const step of [20, 60, 200]) {
    for (const [name, one] of [['an empty page', empty], ['the table', page]] as const) {
      await one.bringToFront();
      const { frames, late, worst } = await scrolled(one, step);
      console.log(`${name}, ${step} points a frame: ${frames.toFixed(1)} of 60 frames a second, ${late.toFixed(0)} % late, at worst ${worst.toFixed(0)} ms`);
    }
  }
  expect(page.wrong).toEqual([]);
});
