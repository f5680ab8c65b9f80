import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, open, sees, setUp } from './browser';
import { serve, type Server } from './server';

let server: Server;
let browser: Browser;
let page: Page & { wrong: string[] };
let folder: string; // where the commands are pasted

beforeAll(async () => {
  [server, browser, folder] = await Promise.all([serve(), launch(), mkdtemp(join(tmpdir(), 'muster-connect-'))]);
  page = await open(browser, server.url);
  await setUp(page, server.setup);
  await server.api('POST', '/v1/devices', { name: 'kitchen' });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const choose = async (tool: string, connection = 'Plain') => {
  await page.getByLabel('Program').selectOption({ label: tool });
  await page.getByRole('radio', { name: 'Linux' }).check();
  await page.getByRole('radio', { name: connection }).check();
};

const command = (name = 'Command') => page.getByRole('group', { name, exact: true }).innerText();

// paste runs what the page shows, as a person would who copies it.
async function paste(text: string, program = ['bash', '-c']) {
  const [file = '', ...args] = program;
  return promisify(execFile)(file, [...args, text], { cwd: folder, timeout: 15_000 }).then(
    ({ stdout }) => stdout,
    (failed: { stderr: string }) => `failed: ${failed.stderr}`,
  );
}

const listening = () => page.getByRole('region', { name: 'Listening' });

// again waits until the page listens anew.
async function again() {
  const button = listening().getByRole('button', { name: 'Listen anew' });
  if (await button.isVisible()) {
    await button.click();
  }
  await listening().getByText('listening', { exact: true }).waitFor();
}

async function turnsGreen() {
  await listening().getByText('It has arrived').waitFor();
  await listening().getByText('21.5').waitFor();
}

it('makes a token, and its commands make the page turn green', async () => {
  await page.getByRole('link', { name: 'Connect', exact: true }).click();
  await page.getByRole('link', { name: 'kitchen' }).click();
  await page.getByRole('button', { name: 'Make a new token' }).click();
  await sees(page, 'Made just now');
  for (const tool of ['mosquitto_pub (MQTT)', 'curl (HTTP)', 'coap-client (CoAP)']) {
    await choose(tool);
    await again();
    await paste(await command());
    await turnsGreen();
  }
});

it('turns green for the programs, too', async () => {
  for (const tool of ['Python, paho (MQTT)', 'Python, requests (HTTP)']) {
    await choose(tool);
    await again();
    expect(await paste(await command(), ['/usr/bin/python3', '-c'])).not.toContain('failed');
    await turnsGreen();
  }
});

it('turns green over TLS, with the authority that the page hands out', async () => {
  await choose('mosquitto_pub (MQTT)', 'TLS');
  await page.getByText('or save them with a command').click();
  await paste(await command('or save them with a command'));
  for (const tool of ['mosquitto_pub (MQTT)', 'curl (HTTP)', 'coap-client (CoAP)']) {
    await choose(tool, 'TLS');
    await again();
    await paste(await command());
    await turnsGreen();
  }
});

it('says why a wrong token was refused, over each protocol', async () => {
  await page.getByLabel('Access token', { exact: true }).fill('a-token-with-a-mistake');
  for (const tool of ['mosquitto_pub (MQTT)', 'curl (HTTP)', 'coap-client (CoAP)']) {
    await choose(tool);
    await again();
    await paste(await command());
    await listening().getByText('It was refused').waitFor();
    await listening().getByText('No device has this access token.').waitFor();
    await listening().getByText('Compare the token').waitFor();
    await listening().getByRole('link', { name: 'token-unknown' }).waitFor();
    expect(await listening().getByRole('link', { name: 'Why, step by step' }).getAttribute('href')).toMatch(/^\/why\/\d+$/);
  }
});

it('makes a user name and a password', async () => {
  await page.getByLabel('It proves who it is with').selectOption('MQTT_BASIC');
  await page.getByRole('button', { name: 'Make a new user name and password' }).click();
  await sees(page, 'Made just now');
  await choose('mosquitto_pub (MQTT)');
  await again();
  await paste(await command());
  await turnsGreen();
  await page.getByLabel('Program').selectOption({ label: 'curl (HTTP)' });
  await sees(page, 'works over MQTT alone');
});

it('takes a certificate and a public key, whose private keys stay where they were made', async () => {
  for (const [kind, label, file] of [
    ['X509_CERTIFICATE', 'Certificate in PEM format', 'device.pem'],
    ['PUBLIC_KEY', 'Public key in PEM format', 'device.pub'],
  ] as const) {
    await page.getByLabel('It proves who it is with').selectOption(kind);
    await paste(await command('Make a key where the device is'));
    await page.getByLabel(label).fill(await paste(`cat ${file}`));
    await page.getByRole('button', { name: 'Register it' }).click();
    await sees(page, 'Registered. The device may use it now.');
    await choose(kind === 'PUBLIC_KEY' ? 'Python, paho (MQTT)' : 'mosquitto_pub (MQTT)', 'TLS');
    await again();
    await paste(await command(), kind === 'PUBLIC_KEY' ? ['/usr/bin/python3', '-c'] : undefined);
    await turnsGreen();
  }
});

it('lets a new device join, and says why it may not', async () => {
  await page.getByRole('main').getByRole('link', { name: 'Connect', exact: true }).click();
  await page.getByRole('link', { name: 'default', exact: true }).click();
  await page.getByLabel('Name', { exact: true }).fill('new in the yard');
  await choose('curl (HTTP)');
  await again();
  await paste(await command());
  await listening().getByText('It was refused').waitFor();
  await listening().getByRole('link', { name: 'provision-secret-wrong' }).waitFor();
  await page.getByRole('button', { name: 'Make a new key and secret' }).click();
  await sees(page, 'Made just now');
  await choose('mosquitto_pub (MQTT)');
  await again();
  await paste(await command());
  await turnsGreen();
  await listening().getByRole('link', { name: 'To the device' }).click();
  await page.waitForURL('**/devices/new%20in%20the%20yard');
  expect(page.wrong).toEqual([]);
});

it('shows others what to paste, and lets them make nothing', async () => {
  await server.api('POST', '/v1/users', { name: 'vera', role: 'viewer', password: 'a long pass phrase' });
  const viewer = await open(browser, server.url);
  await viewer.goto('/connect/kitchen?kind=ACCESS_TOKEN');
  await viewer.getByLabel('Name').fill('vera');
  await viewer.getByRole('textbox', { name: 'Password' }).fill('a long pass phrase');
  await viewer.getByRole('button', { name: 'Sign in' }).click();
  await viewer.getByLabel('Access token', { exact: true }).fill('pasted');
  await viewer.getByText('pasted').last().waitFor();
  expect(await viewer.getByRole('button', { name: 'Make a new token' }).count()).toBe(0);
  expect(viewer.wrong).toEqual([]);
});
