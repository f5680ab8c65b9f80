import { execFile, execFileSync } from 'node:child_process';
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
let folder: string;

beforeAll(async () => {
  [server, browser, folder] = await Promise.all([serve(), launch(), mkdtemp(join(tmpdir(), 'muster-e2e-files-'))]);
  page = await open(browser, server.url);
  await setUp(page, server.setup);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const file = (name: string) => join(folder, name);

function openssl(...args: string[]) {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

async function copied(what: string): Promise<string> {
  await page.getByRole('button', { name: `Copy ${what}` }).click();
  return page.evaluate(() => navigator.clipboard.readText());
}

const sessions = async () => (await server.api<{ items: unknown[] }>('GET', '/v1/sessions')).items.length;

// valve connects with the certificate that the console has issued.
function valve(program: string, ...args: string[]) {
  const tls = ['--cafile', server.root, '--cert', file('valve.pem'), '--key', file('valve.key')];
  return promisify(execFile)(program, ['-h', '127.0.0.1', '-p', String(server.mqtts), ...tls, ...args]);
}

it('issues a certificate for a key of the browser, by keyboard alone, and a device connects with it', async () => {
  await server.api('POST', '/v1/devices', { name: 'valve' });
  await page.goto('/certificates');
  await sees(page, 'No certificate yet');
  await page.getByRole('link', { name: 'Issue certificate' }).first().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('radio', { name: 'A device' }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.type('valve');
  await page.keyboard.press('Enter');
  await sees(page, 'The certificate of valve is issued');
  await sees(page, 'It is shown this once');
  await page.getByRole('link', { name: 'To the certificate' }).click();
  await page.getByRole('dialog').getByText('it is in this page alone').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await writeFile(file('valve.key'), await copied('Private key'));
  await writeFile(file('valve.pem'), await copied('Certificate with its chain'));
  await valve('mosquitto_pub', '-q', '1', '-t', 'v1/devices/me/telemetry', '-m', '{"open":21}');
  await expect.poll(() => server.api('GET', '/v1/devices/valve/latest')).toMatchObject({ open: { value: 21 } });
});

it('revokes it, and the device that is connected with it is out', async () => {
  const live = valve('mosquitto_sub', '-t', 'v1/devices/me/attributes');
  const ended = live.then(() => 'ended', () => 'ended');
  await expect.poll(sessions).toBe(1);
  await page.getByRole('link', { name: 'To the certificate' }).click();
  await sees(page, 'ECDSA P-256');
  await page.getByRole('button', { name: 'Revoke' }).click();
  const dialog = page.getByRole('dialog');
  await sees(page, 'The credential of valve ends with it');
  await dialog.getByLabel('Why').selectOption('the key may be known to others');
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await dialog.waitFor({ state: 'detached' });
  await sees(page, 'the key may be known to others');
  expect(await page.getByRole('button', { name: 'Renew' }).count()).toBe(0);
  await expect.poll(sessions).toBe(0);
  live.child.kill();
  await ended;
});

it('says of a certificate check by check what would become of it', async () => {
  await page.getByRole('link', { name: 'Issued' }).click();
  await page.getByRole('link', { name: 'Check' }).click();
  await page.getByLabel('The certificate, as the device shows it').fill(await readFile(file('valve.pem'), 'utf8'));
  await page.getByRole('button', { name: 'Check' }).click();
  await sees(page, 'would be refused');
  await sees(page, 'credential-revoked');
  await page.getByRole('listitem').filter({ hasText: 'failed' }).waitFor();
  await page.getByLabel('The certificate, as the device shows it').fill(await readFile(file('valve.key'), 'utf8'));
  await page.getByRole('button', { name: 'Check' }).click();
  await sees(page, 'certificate-invalid');
});

it('signs a request that was made elsewhere, refuses bad ones with the reason, and renews', async () => {
  openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=whatever', '-keyout', 'probe.key', '-out', 'probe.csr');
  openssl('req', '-new', '-newkey', 'rsa:1024', '-nodes', '-subj', '/CN=weak', '-keyout', 'weak.key', '-out', 'weak.csr');
  await page.goto('/issue-certificate');
  await page.getByRole('radio', { name: 'Something else' }).check();
  await page.getByLabel('Common name').fill('probe');
  await page.getByRole('radio', { name: 'I have a signing request' }).check();
  const request = page.getByLabel('Signing request', { exact: true });
  await request.fill(await readFile(file('weak.csr'), 'utf8'));
  await page.getByRole('button', { name: 'Issue certificate' }).click();
  await sees(page, 'csr-key-weak');
  await request.fill('nothing of the kind');
  await page.getByRole('button', { name: 'Issue certificate' }).click();
  await sees(page, 'csr-invalid');
  await request.fill(await readFile(file('probe.csr'), 'utf8'));
  await page.getByRole('button', { name: 'Issue certificate' }).click();
  await sees(page, 'The certificate of probe is issued');
  await writeFile(file('probe.pem'), await copied('Certificate with its chain'));
  expect(await page.getByText('Private key').count()).toBe(0);
  openssl('verify', '-CAfile', server.root, '-untrusted', 'probe.pem', 'probe.pem');

  await page.getByRole('link', { name: 'To the certificate' }).click();
  const before = page.url();
  await page.getByRole('button', { name: 'Renew' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Renew' }).click();
  await expect.poll(() => page.url()).not.toBe(before);
  await page.goto('/certificates?search=PROB');
  await expect.poll(() => page.getByRole('row').count()).toBe(3);
  await page.getByLabel('State').selectOption('revoked');
  await sees(page, 'No certificate is like that');
});

it('has another intermediate sign, and another root take over, after saying what becomes of devices', async () => {
  await page.goto('/certificates/authority');
  const act = async (name: string) => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  const dialog = page.getByRole('dialog');
  await act('New intermediate');
  await sees(page, 'Devices that trust the root notice nothing');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await sees(page, 'signed before');
  await act('New root');
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await sees(page, 'A new root waits');
  await page.getByRole('button', { name: 'Retire the old root' }).click();
  await sees(page, 'Devices that know the old root alone do not trust this server any more');
  await dialog.getByRole('button', { name: 'Retire the old root' }).click();
  await sees(page, 'authority-in-use');
  await dialog.getByRole('button', { name: 'Retire it all the same' }).click();
  await sees(page, 'was the root');
  const crl = await fetch(await page.getByText(/\/crl\/.*\.crl/).first().innerText());
  expect([crl.status, crl.headers.get('content-type')]).toEqual([200, 'application/pkix-crl']);
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Bundle' }).click();
  expect(await readFile(await (await saving).path(), 'utf8')).toBe((await server.api<{ pem: string }>('GET', '/v1/ca/bundle')).pem);
});

it('refuses an authority that cannot be one', async () => {
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Import' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Certificates' }).fill(await readFile(file('probe.pem'), 'utf8'));
  await dialog.getByRole('textbox', { name: 'Private key' }).fill(await readFile(file('probe.key'), 'utf8'));
  await dialog.getByRole('button', { name: 'Import' }).click();
  await sees(page, 'certificate-invalid');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
});

it('takes in what another authority has revoked, from a file', async () => {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30', '-subj', '/O=Plant/CN=Plant root', '-keyout', 'plant.key', '-out', 'plant.pem');
  await writeFile(file('plant.cnf'), '[ca]\ndefault_ca=plant\n[plant]\ndatabase=plant.db\ndefault_md=sha256\ncrlnumber=plant.number\n');
  await writeFile(file('plant.db'), '');
  await writeFile(file('plant.number'), '01\n');
  openssl('ca', '-config', 'plant.cnf', '-cert', 'plant.pem', '-keyfile', 'plant.key', '-gencrl', '-crldays', '7', '-out', 'plant.crl');
  openssl('crl', '-in', 'plant.crl', '-outform', 'DER', '-out', 'plant.der.crl');
  await page.goto('/certificates/others');
  await sees(page, 'No profile trusts another authority');
  await server.api('POST', '/v1/profiles', {
    name: 'presses',
    strategy: 'x509-chain',
    chain: { ca: await readFile(file('plant.pem'), 'utf8'), cnPattern: '^(.*)$', allowCreate: true, revocation: 'hard' },
  });
  await page.reload();
  await page.getByRole('row', { name: /Plant root.*presses.*none/ }).waitFor();
  await sees(page, 'Devices of presses are refused');
  await page.getByRole('button', { name: 'Add list' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('plant');
  await dialog.getByRole('radio', { name: 'from a file' }).check();
  const take = async (name: string) => {
    await dialog.locator('input[type=file]').first().setInputFiles(file(name));
    await dialog.getByRole('button', { name: 'Add list' }).click();
  };
  await take('plant.pem');
  await sees(page, 'revocation-list-invalid');
  await take('plant.der.crl');
  await page.getByRole('row', { name: /plant.*up to date.*Plant root/ }).waitFor();
  await page.getByText('Devices of presses are refused').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Forget: plant' }).click();
  await sees(page, 'What it names is revoked no more');
  await dialog.getByRole('button', { name: 'Forget' }).click();
  await sees(page, 'No list yet');
});

it('shows what ends when, and has it renewed by a campaign', async () => {
  const expiresAt = new Date(Date.now() + 10 * 86_400_000).toISOString();
  for (const name of ['mule-1', 'mule-2']) {
    await server.api('POST', '/v1/devices', { name });
    await server.api('POST', `/v1/devices/${name}/credentials`, { token: `${name}-token-0123456789`, expiresAt });
  }
  await page.goto('/certificates/expiry');
  await page.getByRole('link', { name: /: 2$/ }).click();
  await page.getByRole('link', { name: 'mule-2' }).waitFor();
  await page.waitForURL(/from=/);
  await page.getByRole('row', { name: /default.*Access token/ }).getByRole('link', { name: 'Have them renewed' }).click();
  await sees(page, '2 devices');
  await sees(page, 'mule-1, mule-2');
  await page.getByLabel('Part of the name').fill('mule-1');
  await sees(page, '1 devices');
  await page.getByRole('button', { name: 'Begin' }).click();
  await sees(page, 'Profile default');
  await page.getByRole('img', { name: /asked 1/ }).waitFor(); // by itself: it is live
  await page.getByLabel('Step').selectOption('asked');
  await page.getByRole('row', { name: /mule-1.*asked/ }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: 'Roll back' }).click();
  await sees(page, '1 devices that have not followed are asked no more');
  await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  await page.getByRole('img', { name: /taken back 1/ }).waitFor();
  await page.getByRole('link', { name: 'Campaigns' }).click();
  await page.getByRole('row', { name: /Profile default.*taken back/ }).waitFor();
  expect(page.wrong).toEqual([]);
});

it('shows a viewer everything and no act', async () => {
  await server.api('POST', '/v1/users', { name: 'vera', role: 'viewer', password: 'a long pass phrase' });
  const { items } = await server.api<{ items: { serial: string }[] }>('GET', '/v1/certificates');
  const { items: campaigns } = await server.api<{ items: { id: string }[] }>('GET', '/v1/campaigns');
  const viewer = await open(browser, server.url);
  await viewer.goto('/certificates');
  await signIn(viewer, 'vera', 'a long pass phrase');
  await viewer.getByRole('link', { name: 'valve' }).first().waitFor();
  const { items: signers } = await server.api<{ items: { subject: string }[] }>('GET', '/v1/ca');
  const seen: [path: string, text: string, tab?: string][] = [
    ['', 'valve'],
    ['/authority', signers[0]?.subject ?? '?', 'Own authority'],
    ['/others', 'Plant root', 'Other authorities'],
    ['/expiry', 'Access token', 'Expiry'],
    ['/campaigns', 'Profile default', 'Campaigns'],
    [`/issued/${items[0]?.serial}`, items[0]?.serial ?? '?'],
    [`/campaigns/${campaigns[0]?.id}`, 'Profile default'],
  ];
  for (const [path, text, tab] of seen) {
    if (tab) {
      await viewer.getByRole('link', { name: tab, exact: true }).click();
    } else if (path) {
      await viewer.goto(`/certificates${path}`);
    }
    await viewer.waitForURL(`**/certificates${path}`);
    await viewer.getByRole('main').getByText(text).filter({ visible: true }).first().waitFor();
    expect(await viewer.getByRole('main').getByRole('button').allInnerTexts(), path).not.toContainEqual(expect.stringMatching(/Revoke|Renew|Add|Forget|Pause|Roll|Retire|Import|Fetch/));
    expect(await viewer.getByRole('link', { name: /Issue certificate|New campaign|Have them renewed/ }).count(), path).toBe(0);
    expect(await viewer.getByRole('button', { name: 'More' }).count(), path).toBe(0);
  }
  expect(viewer.wrong).toEqual([]);
});
