import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, open, sees, setUp, signIn } from './browser';
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
  await page.getByLabel('Name', { exact: true }).fill(name);
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
  await expect.poll(() => server.api('GET', '/v1/profiles/pumps')).toMatchObject({ strategy: 'create', retentionDays: 30 });
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

const run = promisify(execFile);

it('makes one for the devices of an authority, whose pattern is tried out on a certificate of theirs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-chain-'));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Plant', '-days', '9', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  await openssl('req', ...key, '-keyout', 'pump.key', '-out', 'pump.csr', '-subj', '/CN=pump-7.company.com');
  await writeFile(file('pump.cnf'), 'basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n');
  await openssl('x509', '-req', '-in', 'pump.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'pump.pem', '-days', '9', '-extfile', 'pump.cnf');

  await walk('certified', 'X.509 certificates chain');
  expect(await page.getByRole('button', { name: 'Add', exact: true }).isDisabled()).toBe(true);
  await page.getByLabel('Try it on a certificate').fill(await readFile(file('pump.pem'), 'utf8'));
  await sees(page, 'The device is called pump-7.company.com.');
  await page.getByLabel('CN regular expression').fill('(?=p)(.*)');
  await sees(page, 'pattern-invalid');
  await page.getByLabel('CN regular expression').fill('(.*)\\.elsewhere');
  await sees(page, 'No device name is found in it.');
  await page.getByLabel('CN regular expression').fill('(.*)\\.company\\.com');
  await sees(page, 'The device is called pump-7.');
  await page.getByLabel('Certificates of the authority').fill(await readFile(server.root, 'utf8'));
  await sees(page, 'chain-untrusted');
  await page.locator('input[type=file]').first().setInputFiles(file('ca.pem'));
  await sees(page, 'Your authority vouches for it.');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await sees(page, 'certified is made');

  const telemetry = ['-t', 'v1/devices/me/telemetry', '-m', '{"bar":1.5}', '-q', '1'];
  await run('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(server.mqtts), '--cafile', server.root, '--cert', file('pump.pem'), '--key', file('pump.key'), ...telemetry]);
  await expect.poll(() => server.api('GET', '/v1/devices/pump-7')).toMatchObject({ profile: 'certified', state: 'active' });
  await rm(folder, { recursive: true });
});

it('changes a profile, tab by tab, and says before it is saved what that would have meant', async () => {
  await page.goto('/profiles/pumps');
  await page.getByRole('link', { name: 'Details' }).click();
  await page.getByLabel('Description').fill('on the roof');
  await page.getByRole('link', { name: 'Device provisioning' }).click();
  await page.getByRole('radio', { name: 'Disabled' }).check();
  await page.getByRole('button', { name: 'Rehearse' }).click();
  await sees(page, 'It would have let in 0 and refused 1.');
  await page.getByRole('row', { name: /let in provision-disabled 1 pump-1/ }).waitFor();
  await page.getByRole('radio', { name: 'Check for pre-provisioned devices' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Saved' }).waitFor();
  await sees(page, 'Check for pre-provisioned devices · on the roof');
});

it('keeps what was typed where somebody else has changed the profile meanwhile', async () => {
  await page.getByRole('link', { name: 'Security' }).click();
  await page.getByLabel('Days for which an expired certificate').fill('5');
  await page.getByLabel('With its credential a device may ask for').selectOption('another of any kind');
  await page.getByRole('link', { name: 'Certificate template' }).click();
  await page.getByLabel('Unit of the organisation').fill('Pumps');
  await server.api('PATCH', '/v1/profiles/pumps', { description: 'in the cellar' });
  await page.getByRole('button', { name: 'Save' }).click();
  await sees(page, 'Somebody else has changed this profile meanwhile.');
  await page.getByRole('alert').getByText('in the cellar').waitFor();
  await page.getByRole('button', { name: 'Save mine beside it' }).click();
  await page.getByRole('button', { name: 'Saved' }).waitFor();
  await expect.poll(() => server.api('GET', '/v1/profiles/pumps')).toMatchObject({ description: 'in the cellar', graceDays: 5, rotation: 'any-kind', certificates: { unit: 'Pumps', days: 90 } });
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

  await act('Edit');
  await dialog.getByLabel('Networks').fill('192.0.2.0/24');
  await dialog.getByRole('button', { name: 'Rehearse' }).click();
  await dialog.getByText(/refused \d/).waitFor();
  await server.api('PATCH', '/v1/provision-keys/batch-1', { maxDevices: 4 });
  await dialog.getByLabel('Devices it may let in').fill('6');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('Somebody else has changed this key meanwhile.').waitFor();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(() => server.api('GET', '/v1/provision-keys/batch-1')).toMatchObject({ maxDevices: 6, networks: ['192.0.2.0/24'] });

  await page.getByRole('link', { name: 'What batch-1 has let in: 2' }).click();
  await page.getByRole('row', { name: /pump-3 active/ }).waitFor();
  await page.getByRole('button', { name: 'Take back' }).click();
  await dialog.getByText('Take back 2 devices?').waitFor();
  await dialog.getByRole('button', { name: 'Take back' }).click();
  await page.getByRole('row', { name: /are suspended 2 of 2 finished/ }).waitFor();
  await page.getByRole('row', { name: /pump-3 suspended/ }).waitFor();
  await page.getByRole('link', { name: 'pumps' }).click();
  await server.api('POST', '/v1/devices/pump-2/resume');

  await act('Suspend');
  await page.getByRole('row', { name: /batch-1.*suspended/ }).waitFor();
  await act('Revoke');
  await dialog.getByLabel('Those devices').selectOption('are suspended');
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('row', { name: /batch-1.*revoked.*2 of 6/ }).waitFor();
  await expect.poll(async () => (await server.api<{ state: string }>('GET', '/v1/devices/pump-2')).state).toBe('suspended');
});

it('does not delete a profile that has devices, and says so', async () => {
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Delete profile' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete profile' }).click();
  await sees(page, 'profile-in-use');
  await page.keyboard.press('Escape');
});

it('shows a viewer a profile, and nothing to change it with', async () => {
  await server.api('POST', '/v1/users', { name: 'vera', role: 'viewer', password: 'a long pass phrase' });
  const vera = await open(browser, server.url);
  await vera.goto('/profiles/certified?part=provisioning');
  await signIn(vera, 'vera', 'a long pass phrase');
  await sees(vera, 'Certificates of the authority');
  expect(await vera.getByLabel('CN regular expression').isDisabled()).toBe(true);
  expect(await vera.getByRole('button', { name: /Save|Rehearse|More/ }).count()).toBe(0);
  expect(await vera.getByLabel('Try it on a certificate').count()).toBe(0);
  expect([...page.wrong, ...vera.wrong]).toEqual([]);
});
