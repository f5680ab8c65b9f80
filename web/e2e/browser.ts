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

// sees waits for a text to be shown.
export async function sees(page: Page, text: string | RegExp) {
  await expect(page.getByText(text).first().waitFor()).resolves.toBeUndefined();
}
