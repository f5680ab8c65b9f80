import { expect, it } from 'vitest';
import { bodyOf, draftOf, emptyDraft, lines, nameIn, randomText } from './draft';

it('reads and writes the same profile', () => {
  const profile = {
    id: '1',
    name: 'p',
    createdAt: '2026-01-01T00:00:00Z',
    strategy: 'x509-chain' as const,
    sessions: 3,
    retentionDays: 30,
    reprovision: 'hold' as const,
    holdNew: true,
    jwt: { audiences: ['a', 'b'], skew: '10m0s', outliveExp: true },
    chain: { ca: 'PEM', cnPattern: '^(.*)$', nameFrom: 'san-dns' as const, renewal: 'add' as const, maxDevices: 7 },
  };
  const { id, createdAt, ...sent } = profile;
  expect([id, createdAt]).toBeDefined();
  expect(bodyOf(draftOf(profile))).toMatchObject(sent);
});

it('sends nothing of a strategy that was only looked at', () => {
  expect(bodyOf({ ...emptyDraft, name: 'p', ca: 'PEM' }).chain).toBeUndefined();
});

it('makes texts that nobody can guess', () => {
  expect(randomText(32)).toMatch(/^[A-Za-z0-9]{32}$/);
  expect(new Set(Array.from({ length: 100 }, () => randomText(20))).size).toBe(100);
});

it('finds the device name in that of a certificate', () => {
  expect(nameIn('(.*)\\.company\\.com', 'pump-1.company.com')).toBe('pump-1');
  expect(nameIn('prefix(.*)suffix', 'other')).toBeNull();
  expect(nameIn('(', 'x')).toBeUndefined();
});

it('reads lists one a line', () => {
  expect(lines(' a \n\n b')).toEqual(['a', 'b']);
});
