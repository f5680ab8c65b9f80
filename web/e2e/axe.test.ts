import { source, type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, open, setUp } from './browser';
import { furnish } from './furnish';
import { visit } from './pages';
import { serve, type Server } from './server';

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

// Most of what axe looks at is the same light and dark, but for what has to do with colours.
const rules = { dark: ['color-contrast', 'link-in-text-block'], light: undefined };

// faults names what axe finds serious or critical on the page as it is shown now, and where.
async function faults(page: Page, only: string[] | undefined): Promise<string[]> {
  if (await page.evaluate(`typeof axe === 'undefined'`)) {
    await page.evaluate(`${source}; null`); // it stays as long as the page is not loaded anew
  }
  const found = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify({ resultTypes: ['violations'], runOnly: only })})`);
  return found.violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 160)} (${n.any[0]?.message ?? v.help})`));
}

it('shuts nobody out: axe finds no serious fault on any page, light or dark', { timeout: 240_000 }, async () => {
  const page = await open(browser, server.url, { reducedMotion: 'reduce' });
  const wrong: string[] = [];
  await visit(page, async (name) => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: 'attached' });
      wrong.push(...(await faults(page, rules[colorScheme])).map((fault) => `${name}, ${colorScheme}: ${fault}`));
    }
  });
  expect(wrong).toEqual([]);
  expect(page.wrong).toEqual([]);
});
