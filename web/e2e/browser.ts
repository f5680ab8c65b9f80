import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect } from 'vitest';

// launch starts Debian's Chromium. Where it is missing this fails.
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
}

export const admin = { name: 'anna', password: 'seven quiet herons' };

// open opens a page in a browser of its own, and remembers what goes wrong in it: also what the policy has kept away.
export async function open(browser: Browser, baseURL: string, options: BrowserContextOptions = {}): Promise<Page & { wrong: string[] }> {
  const context = await browser.newContext({ baseURL, locale: 'en-GB', timezoneId: 'UTC', permissions: ['clipboard-read', 'clipboard-write'], ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (e) => wrong.push(String(e)));
  page.on('console', (m) => {
    if (m.type() === 'error' && !/status of 4\d\d/.test(m.text())) {
      wrong.push(m.text());
    }
  });
  return Object.assign(page, { wrong });
}

// setUp makes the first admin in the browser.
export async function setUp(page: Page, link: string) {
  await page.goto(link);
  await page.getByLabel('Name').fill(admin.name);
  await page.getByRole('textbox', { name: 'Password' }).fill(admin.password);
  await page.getByRole('button', { name: 'Make the admin' }).click();
  await page.locator('#page').waitFor();
}

export async function signIn(page: Page, name: string, password: string) {
  await page.getByLabel('Name').fill(name);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

// refusedOnce presses a button for which the server refuses what it is asked to do. When it is tried again it is done, or answered so, and
// the refusal is gone.
export async function refusedOnce(page: Page, button: string, path: string, status?: number) {
  const problem = { type: 'urn:muster:reason:rate-limited', reason: 'rate-limited', status: 429, title: 'too often', detail: 'not now' };
  let asked = 0;
  await page.route(path, (route) => {
    if (route.request().method() === 'GET' || (asked > 0 && !status)) {
      return route.continue();
    }
    return route.fulfill(asked++ > 0 ? { status } : { status: 429, contentType: 'application/problem+json', body: JSON.stringify(problem) });
  });
  await page.getByRole('button', { name: button }).click();
  await sees(page, 'Not now.');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('Not now.').waitFor({ state: 'detached' });
  await page.unroute(path);
}

// sees waits for a text to be shown.
export async function sees(page: Page, text: string | RegExp) {
  await expect(page.getByText(text).first().waitFor()).resolves.toBeUndefined();
}
