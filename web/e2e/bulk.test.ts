import { readFile } from 'node:fs/promises';
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

const take = (name: string, text: string) => page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

// press presses a button as a person does who has no mouse.
async function press(name: string) {
  const button = page.getByRole('main').getByRole('button', { name, exact: true });
  await button.focus();
  await page.keyboard.press('Enter');
}

async function downloaded(name: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('main').getByText(name).click()]);
  return readFile(await download.path(), 'utf8');
}

const devices = async (query = '') => (await server.api<{ items: { name: string }[] }>('GET', `/v1/devices?sort=name&limit=10${query}`)).items.map((d) => d.name);

const mistaken = 'Serial;Profile;Ort;tags\npump-1;;Bern;hall=3\npump-2;nowhere;Bern;\npump-3;;Thun;=b\n';

it('teaches the format with an example', async () => {
  await page.getByRole('link', { name: 'Bulk provisioning' }).click();
  await sees(page, 'Nothing was imported yet');
  expect(await downloaded('Download an example')).toContain('name,profile,label');
});

it('asks what it does not recognise, and shows the mistakes before anything is filed', async () => {
  await take('fleet.csv', mistaken);
  await sees(page, 'The column Serial is not recognised');
  await page.getByLabel('What the column Serial is').selectOption('name');
  await sees(page, 'The column Ort is not recognised');
  await page.getByLabel('What the column Ort is', { exact: true }).selectOption('server.');
  await page.getByLabel('What the column Ort is: key').fill('site');
  await press('Dry run');
  await page.getByRole('row', { name: /^3 Profile There is no such profile\. not-found/ }).waitFor();
  await page.getByRole('row', { name: /^4 .*A tag's name/ }).waitFor();
  expect(await page.locator('td[data-wrong]').allInnerTexts()).toEqual(['nowhere', 'pump-3', '', 'Thun', '=b']); // a cell, and a row as a whole;
  await page.getByLabel('What the column tags is').selectOption('ignored'); // of which nothing was said yet
  await page.getByText('What is wrong').waitFor({ state: 'detached' });
  expect(await page.locator('td[data-wrong]').count()).toBe(0);
  await page.getByLabel('What the column tags is').selectOption('tags');
  await page.getByRole('row', { name: /^4 .*A tag's name/ }).waitFor();
  await expect.poll(devices).toEqual([]);
});

it('files the rest of a file whose mistakes are not all mended, and the failed rows when they are', async () => {
  await press('Cancel');
  await take('fleet.csv', mistaken.replace('nowhere', 'default'));
  await page.getByLabel('What the column Serial is').selectOption('name');
  await page.getByLabel('What the column Ort is').selectOption('ignored');
  await press('Import');
  await page.waitForURL(/\/bulk\/[0-9a-f-]{36}$/);
  await page.getByRole('row', { name: /^4 .*A tag's name/ }).waitFor();
  await expect.poll(devices).toEqual(['pump-1', 'pump-2']);
  const failed = await downloaded('Download the failed rows');
  expect(failed).toContain('pump-3');

  await page.getByRole('main').getByRole('link', { name: 'Bulk provisioning' }).click();
  await take('fleet.failed.csv', failed.replace("'=b", 'row=b'));
  await press('Import');
  await page.waitForURL(/\/bulk\/[0-9a-f-]{36}$/);
  await page.getByRole('status').getByText('done').waitFor();
  await expect.poll(devices).toEqual(['pump-1', 'pump-2', 'pump-3']);
  expect(await downloaded('Download the fleet with its tokens')).toContain('pump-3');
});

it('shows how far a large import is, stops it, lets it go on, and forgets it', async () => {
  await page.goto('/bulk');
  await take('large.csv', `name\n${Array.from({ length: 150_000 }, (_, i) => `meter-${i}`).join('\n')}\n`);
  await press('Import');
  await page.getByRole('progressbar').waitFor();
  await press('Stop');
  await page.getByRole('status').getByText('stopped').waitFor();
  await press('Go on');
  await page.getByRole('progressbar').waitFor();
  await press('Stop');
  await page.getByRole('status').getByText('stopped').waitFor();
  await press('Delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL('**/bulk');
  await page.getByRole('row', { name: /fleet\.failed\.csv done/ }).waitFor();
  await page.getByRole('row', { name: /large\.csv/ }).waitFor({ state: 'detached' });
  expect(page.wrong).toEqual([]);
});
