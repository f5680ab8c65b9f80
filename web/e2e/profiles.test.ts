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

// provision asks to be let in as a device does, and returns the answer's status.
async function provision(name: string, key: string, secret: string): Promise<string> {
  const response = await fetch(`${server.url}/api/v1/provision`, {
    method: 'POST',
    body: JSON.stringify({ deviceName: name, provisionDeviceKey: key, provisionDeviceSecret: secret }),
  });
  return ((await response.json()) as { status: string }).status;
}

// walk goes through the wizard to its fourth step.
async function walk(name: string, strategy: string) {
  await page.goto('/profiles');
  await page.getByRole('link', { name: 'Add device profile' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('Days that readings are kept').fill('30');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('radio', { name: strategy }).check();
}

async function copied(what: string): Promise<string> {
  await page.getByRole('dialog').or(page.getByRole('main')).last().getByRole('button', { name: `Copy ${what}` }).click();
  return page.evaluate(() => navigator.clipboard.readText());
}

it('makes a profile whose devices let themselves in with the key and the secret that are shown', async () => {
  await walk('pumps', 'Allow to create new devices');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await sees(page, 'pumps is made');
  const [key, secret] = [await copied('Provision device key'), await copied('Provision device secret')];
  expect([key.length, secret.length]).toEqual([20, 32]);
  expect(await provision('pump-1', key, secret)).toBe('SUCCESS');
  await page.getByRole('link', { name: 'To the profile' }).click();
  await page.getByRole('row', { name: new RegExp(`${key}.*live.*1`) }).waitFor();
  expect(await server.api('GET', '/v1/profiles/pumps')).toMatchObject({ strategy: 'create', retentionDays: 30 });
});

it('makes one that lets in listed names alone, and one that lets in nobody', async () => {
  await walk('meters', 'Check for pre-provisioned devices');
  await page.getByRole('textbox', { name: 'Provision device key' }).fill('meters-key');
  await page.getByRole('textbox', { name: 'Provision device secret' }).fill('meters-secret-0123456789');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await sees(page, 'meters is made');
  await server.api('POST', '/v1/devices', { name: 'meter-1', profile: 'meters' });
  expect(await provision('meter-1', 'meters-key', 'meters-secret-0123456789')).toBe('SUCCESS');
  expect(await provision('meter-2', 'meters-key', 'meters-secret-0123456789')).not.toBe('SUCCESS');

  await walk('closed', 'Disabled');
  expect(await page.getByRole('textbox', { name: 'Provision device key' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await sees(page, 'closed is made');
});

it('makes one for the devices of an authority, whose pattern is tried out', async () => {
  await walk('certified', 'X.509 certificates chain');
  await page.getByLabel('CN regular expression').fill('(.*)\\.company\\.com');
  await page.getByLabel('Try it on a name').fill('pump-7.company.com');
  await sees(page, 'The device is called pump-7.');
  await page.getByLabel('Try it on a name').fill('pump-7.elsewhere');
  await sees(page, 'No device name is found in it.');
  expect(await page.getByRole('button', { name: 'Add', exact: true }).isDisabled()).toBe(true);
  await page.getByLabel('Certificates of the authority').fill('no certificate');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await sees(page, 'certificate-invalid');
  await page.getByLabel('Certificates of the authority').fill(await readFile(server.root, 'utf8'));
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await sees(page, 'certified is made');
  expect(await server.api('GET', '/v1/profiles/certified')).toMatchObject({ strategy: 'x509-chain', chain: { cnPattern: '(.*)\\.company\\.com', allowCreate: true } });
});

it('changes a profile', async () => {
  await page.goto('/profiles/pumps');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Description').fill('on the roof');
  await page.getByRole('radio', { name: 'Check for pre-provisioned devices' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Saved' }).waitFor();
  await sees(page, 'Check for pre-provisioned devices · on the roof');
});

it('makes a key for a batch, gives it a new secret, and revokes it with what it let in', async () => {
  await server.api('PATCH', '/v1/profiles/pumps', { strategy: 'create' });
  await page.getByRole('link', { name: 'Provision keys' }).click();
  await page.getByRole('button', { name: 'Add provision key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Provision device key' }).fill('batch-1');
  await dialog.getByRole('textbox', { name: 'Provision device secret' }).fill('batch-secret-0123456789');
  await dialog.getByLabel('Devices it may let in').fill('5');
  await dialog.getByRole('button', { name: 'Add provision key' }).click();
  await sees(page, 'The key is ready');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  expect(await provision('pump-2', 'batch-1', 'batch-secret-0123456789')).toBe('SUCCESS');

  const act = async (name: string) => {
    await page.getByRole('button', { name: 'More: batch-1' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await act('New secret');
  await dialog.getByLabel('The old secret works on for').selectOption('not at all');
  await dialog.getByRole('button', { name: 'New secret' }).click();
  const secret = await copied('Provision device secret');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  expect(await provision('pump-3', 'batch-1', 'batch-secret-0123456789')).not.toBe('SUCCESS');
  expect(await provision('pump-3', 'batch-1', secret)).toBe('SUCCESS');

  await act('Suspend');
  await page.getByRole('row', { name: /batch-1.*suspended/ }).waitFor();
  await act('Revoke');
  await dialog.getByLabel('Those devices').selectOption('are suspended');
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('row', { name: /batch-1.*revoked.*2 of 5/ }).waitFor();
  await expect.poll(async () => (await server.api<{ state: string }>('GET', '/v1/devices/pump-2')).state, { timeout: 10_000 }).toBe('suspended');
});

it('does not delete a profile that has devices, and says so', async () => {
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Delete profile' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete profile' }).click();
  await sees(page, 'profile-in-use');
  expect(page.wrong).toEqual([]);
});
