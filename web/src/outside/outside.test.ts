import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { fileText } from './file';
import type { RevocationList } from './queries';
import { trusts } from './trusts';

it('reads a file of bytes as base64, and one of PEM as it is', async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256);
  expect(await fileText(new Blob([bytes]))).toBe(Buffer.from(bytes).toString('base64'));
  const pem = '-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n';
  expect(await fileText(new Blob([pem]))).toBe(pem);
});

it('says which profile trusts whom, and which list is of whose certificates', () => {
  const made = (subject: string) =>
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-keyout', '/dev/null', '-days', '30', '-subj', subject], { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  const ca = made('/O=Plant/CN=Plant root') + made('/CN=Other root');
  const list: RevocationList = { name: 'plant', state: 'current', subject: 'CN=Plant root,O=Plant', entries: 1, createdAt: '', takenAt: '' };
  const all = trusts(
    [
      { name: 'presses', chain: { ca, cnPattern: '(.*)', revocation: 'hard' } },
      { name: 'others', chain: { ca: 'no certificate', cnPattern: '(.*)' } },
    ],
    [list],
  );
  expect(all).toMatchObject([
    { profile: 'presses', hard: true, list: { name: 'plant' } },
    { profile: 'presses', hard: true, list: undefined },
  ]);
});
