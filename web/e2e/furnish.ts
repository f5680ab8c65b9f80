import { furnishCertificates } from './furnishCertificates';
import { readFile } from 'node:fs/promises';
import type { Server } from './server';

// furnish gives a server what pictures are taken of: devices of some kinds, some of which have reported and one of which was refused.
export async function furnish(server: Server) {
  for (const [name, strategy, description] of [
    ['greenhouse', 'create', 'Climate in the greenhouses'],
    ['meters', 'preprovisioned', 'Electricity, by serial number'],
    ['gateways', 'disabled', 'Made by hand'],
  ]) {
    await server.api('POST', '/v1/profiles', {
      name,
      strategy,
      description,
      ...(strategy === 'disabled' ? {} : { provisionKey: `${name}-2026`, provisionSecret: `${name}-secret-0123456789` }),
    });
  }
  const ca = await readFile(server.root, 'utf8');
  await server.api('POST', '/v1/profiles', { name: 'plant', strategy: 'x509-chain', description: 'By certificates of the plant', chain: { ca, cnPattern: '(.*)\\.plant\\.example', allowCreate: true } });
  const labels = ['north bed', 'seedlings', 'by the door', '', 'orchids'];
  for (let i = 1; i <= 24; i++) {
    const number = String(i).padStart(2, '0');
    if (i <= 14) {
      const token = `greenhouse-token-${number}-0123456789`;
      await report(server, '/api/v1/provision', {
        deviceName: `greenhouse-${number}`,
        provisionDeviceKey: 'greenhouse-2026',
        provisionDeviceSecret: 'greenhouse-secret-0123456789',
        credentialsType: 'ACCESS_TOKEN',
        token,
      });
      await report(server, `/api/v1/${token}/telemetry`, { temperature: 21 + i / 4, humidity: 60 + i, mode: i % 2 ? 'eco' : 'grow', window: i % 3 === 0, battery: 3.1 + i / 100 });
      await server.api('PATCH', `/v1/devices/greenhouse-${number}`, { label: labels[i % labels.length], tags: { site: i % 2 ? 'north' : 'south' } });
    } else {
      await server.api('POST', '/v1/devices', { name: `meter-90${number}17`, profile: 'meters', label: `House ${i}` });
    }
  }
  await server.api('POST', '/v1/devices', { name: 'gateway-roof', profile: 'gateways', gateway: true });
  await server.api('POST', '/v1/devices/greenhouse-05/suspend');
  await server.api('POST', '/v1/users', { name: 'berta', role: 'operator', password: 'a long pass phrase' });
  await server.api('POST', '/v1/tokens', { name: 'nightly-report', role: 'viewer', expiresAt: '2099-01-01T00:00:00Z', networks: ['10.0.0.0/8'] });
  const device = '/v1/devices/greenhouse-07';
  await server.api('PATCH', `${device}/attributes/shared`, { interval: 30, thresholds: { low: 12, high: 31.5 } });
  await server.api('PATCH', `${device}/attributes/server`, { installer: 'Berta' });
  await report(server, '/api/v1/greenhouse-token-07-0123456789/attributes', { firmware: '2.4.1', serial: 'GH-000007' });
  await server.api('POST', `${device}/credentials`, { mqttUsername: 'greenhouse-07', mqttPassword: 'a password of its own' });
  await report(server, '/api/v1/greenhouse-token-05-0123456789/telemetry', { temperature: 1 });
  await report(server, '/api/v1/provision', { deviceName: 'greenhouse-07', provisionDeviceKey: 'greenhouse-2026', provisionDeviceSecret: 'guessed' });
  await past(server, 'greenhouse-token-07-0123456789');
  for (const [number, days] of [['01', 9], ['02', 33], ['03', 33], ['04', 61]] as const) {
    await server.api('POST', `/v1/devices/greenhouse-${number}/credentials`, { token: `next-token-${number}-0123456789`, expiresAt: new Date(Date.now() + days * 86_400_000).toISOString() });
  }
  await attempts(server);
  await furnishCertificates(server);
}

// attempts are of devices and strangers who were refused for one reason or another, and of some who wait.
async function attempts(server: Server) {
  const secret = 'greenhouse-secret-0123456789';
  const ask = (deviceName: string, key: string, provisionDeviceSecret: string) => report(server, '/api/v1/provision', { deviceName, provisionDeviceKey: key, provisionDeviceSecret });
  await server.api('POST', '/v1/provision-keys', { profile: 'greenhouse', key: 'spring-batch', secret, maxDevices: 2 });
  for (const name of ['greenhouse-31', 'greenhouse-32', 'greenhouse-33']) {
    await ask(name, 'spring-batch', secret);
  }
  await ask('meter-0815', 'meters-2026', 'meters-secret-0123456789');
  await ask('greenhouse-03', 'greenhouse-2026', secret);
  await ask('greenhouse-40', 'greenhouse-2025', secret);
  await report(server, '/api/v1/mistyped-token/telemetry', { temperature: 21 });
  await report(server, '/api/v1/greenhouse-token-02-0123456789/telemetry', 'no object');
  await server.api('POST', '/v1/profiles', { name: 'gates', strategy: 'create', holdNew: true, reprovision: 'hold', provisionKey: 'gates-2026', provisionSecret: secret });
  await server.api('POST', '/v1/devices', { name: 'gate-west', profile: 'gates' });
  for (const name of ['gate-north', 'gate-south', 'gate-west', 'gate-depot']) {
    await ask(name, 'gates-2026', secret);
  }
}

// past reports a week of days and nights, with half a day that is missing.
async function past(server: Server, token: string) {
  const samples = Array.from({ length: 7 * 48 }, (_, i) => i + 1)
    .filter((i) => i < 100 || i > 124)
    .map((i) => {
      const ts = Date.now() - i * 1_800_000;
      const sun = Math.sin((ts / 86_400_000) * 2 * Math.PI);
      return { ts, values: { temperature: Number((21 - 4 * sun + (i % 7) / 10).toFixed(2)), humidity: Number((61 + 8 * sun + (i % 5) / 4).toFixed(1)), mode: sun > 0 ? 'eco' : 'grow' } };
    });
  for (let at = 0; at < samples.length; at += 120) {
    await report(server, `/api/v1/${token}/telemetry`, samples.slice(at, at + 120));
  }
}

// report sends as a device does. That one is refused is part of the picture.
async function report(server: Server, path: string, body: unknown) {
  await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
}
