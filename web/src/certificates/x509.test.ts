import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeKey } from './request';
import { certificatesIn, commonName } from './x509';

const folder = mkdtempSync(join(tmpdir(), 'muster-x509-'));
afterAll(() => rmSync(folder, { recursive: true }));

function openssl(args: string[], input?: string): string {
  return execFileSync('openssl', args, { cwd: folder, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

function made(subject: string, ...more: string[]): string {
  return openssl(['req', '-x509', '-nodes', '-keyout', 'key.pem', '-days', '30', '-subj', subject, ...more]);
}

it.each([
  ['a curve', '/C=DE/O=Meters, Ltd/OU=Field+CN=m-1', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-addext', 'subjectAltName=DNS:m-1.example,URI:urn:uuid:1'], 'ECDSA P-256', 'CN=m-1', ['m-1.example', 'urn:uuid:1']],
  ['RSA', '/CN=Prüfstand #2', ['-utf8', '-newkey', 'rsa:2048'], 'RSA 2048', 'CN=Prüfstand #2', []],
  ['Ed25519', '/CN=#2 \\+ more', ['-newkey', 'ed25519', '-set_serial', '0xfedcba9876543210'], 'Ed25519', 'CN=\\#2 \\+ more', []],
])('reads a certificate for %s as others do', (_, subject, more, key, cn, names) => {
  const pem = made(subject, ...more);
  const other = new X509Certificate(pem);
  const [read] = certificatesIn(`something before\n${pem}`);
  expect(read).toMatchObject({ key, names });
  expect(read?.subject).toContain(cn);
  expect(read?.issuer).toBe(read?.subject);
  expect(read?.serial).toBe(other.serialNumber.toLowerCase());
  expect(new Date(read?.notAfter ?? '').getTime()).toBe(new Date(other.validTo).getTime());
  expect(new Date(read?.notBefore ?? '').getTime()).toBe(new Date(other.validFrom).getTime());
});

it('leaves out what is no certificate', () => {
  const pem = made('/CN=whole', '-newkey', 'ed25519');
  expect(certificatesIn('')).toEqual([]);
  expect(certificatesIn('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----')).toEqual([]);
  expect(certificatesIn(`-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n${pem}`)).toHaveLength(1);
  for (let length = 100; length < pem.length; length += 37) {
    expect(certificatesIn(`${pem.slice(0, length)}\n-----END CERTIFICATE-----`)).toEqual([]);
  }
});

it('finds the name in a subject', () => {
  expect(commonName('CN=Plant root,O=Plant')).toBe('Plant root');
  expect(commonName('O=Plant,CN=a\\, b')).toBe('a, b');
  expect(commonName('O=Plant')).toBe('O=Plant');
});

it('asks for a certificate for a key that it has made', async () => {
  const { key, csr } = await makeKey();
  expect(openssl(['req', '-verify', '-noout', '-text'], csr)).toContain('prime256v1');
  const own = createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(openssl(['pkey', '-pubout'], own)).toBe(openssl(['req', '-pubkey', '-noout'], csr));
});
