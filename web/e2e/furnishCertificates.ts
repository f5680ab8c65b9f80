import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKey } from '../src/certificates/request';
import type { Server } from './server';

// furnishCertificates gives a server certificates that end one after the other, an authority of somebody else with a list that is
// past its date, and a campaign that goes on.
export async function furnishCertificates(server: Server) {
  const serials: string[] = [];
  for (const [i, days] of [5, 12, 12, 12, 19, 26, 26, 33, 40, 40, 40, 40, 47, 61].entries()) {
    const device = `greenhouse-${String(i + 1).padStart(2, '0')}`;
    const { csr } = await makeKey();
    serials.push((await server.api<{ serial: string }>('POST', '/v1/certificates', { csr, device, days })).serial);
  }
  await server.api('POST', '/v1/certificates', { csr: (await makeKey()).csr, subject: 'reports', days: 60 });
  await server.api('POST', `/v1/certificates/${serials[1]}/revoke`, { reason: 'key-compromise' });
  await plant(server);
  await server.api('POST', '/v1/campaigns', { devices: { search: 'greenhouse' }, wave: 8, pause: '30m' });
}

async function plant(server: Server) {
  const folder = await mkdtemp(join(tmpdir(), 'muster-plant-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const text = (name: string) => readFile(join(folder, name), 'utf8');
  await writeFile(join(folder, 'ca.cnf'), '[ca]\ndefault_ca=own\n[own]\ndatabase=own.db\ndefault_md=sha256\ncrlnumber=own.number\n');
  await writeFile(join(folder, 'own.db'), '');
  await writeFile(join(folder, 'own.number'), '01\n');
  for (const [name, subject, ...life] of [
    ['presses', '/O=Plant/CN=Plant devices', '-crldays', '7'],
    ['kilns', '/CN=Kiln works root 2024', '-crlsec', '1'],
  ] as const) {
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '900', '-subj', subject, '-keyout', 'own.key', '-out', 'own.pem');
    openssl('ca', '-config', 'ca.cnf', '-cert', 'own.pem', '-keyfile', 'own.key', '-gencrl', ...life, '-out', 'own.crl');
    const revocation = name === 'presses' ? 'hard' : 'soft';
    await server.api('POST', '/v1/profiles', { name, strategy: 'x509-chain', chain: { ca: await text('own.pem'), cnPattern: '^(.*)$', allowCreate: true, revocation } });
    await server.api('POST', '/v1/revocation-lists', { name, crl: await text('own.crl') });
  }
  await rm(folder, { recursive: true });
}
