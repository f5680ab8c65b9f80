import { expect, it } from 'vitest';
import { bodyOf, draftOf, emptyDraft, randomText } from './draft';
import { changes, merge } from './merge';

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
    rotation: 'any-kind' as const,
    graceDays: 7,
    jwt: { audiences: ['a', 'b'], skew: '10m0s', outliveExp: true },
    chain: { ca: 'PEM', cnPattern: '^(.*)$', nameFrom: 'san-dns' as const, renewal: 'add' as const, revocation: 'hard' as const, ocsp: 'certificate', maxDevices: 7 },
    certificates: { organization: 'o', unit: 'u', dnsNames: ['{name}.example'], uris: ['urn:x:{id}'], days: 30, server: true },
  };
  const { id, createdAt, ...sent } = profile;
  expect([id, createdAt]).toBeDefined();
  expect(bodyOf(draftOf(profile))).toMatchObject(sent);
});

it('leaves what is not typed here as it was', () => {
  const later = { grace: '1h' };
  const was = {
    id: '1',
    name: 'p',
    createdAt: '2026-01-01T00:00:00Z',
    strategy: 'x509-chain' as const,
    sessions: 1,
    reprovision: 'refuse' as const,
    rotation: 'same-kind' as const,
    graceDays: 7,
    jwt: { skew: '1m', ...later },
    chain: { ca: 'PEM', cnPattern: '(.*)', ocsp: 'http://ocsp.example/', ...later },
    certificates: { days: 30, ...later },
  };
  const body = bodyOf({ ...draftOf(was), ocsp: '', skew: '' }, was);
  for (const part of [body.jwt, body.chain, body.certificates]) {
    expect(part).toMatchObject(later);
  }
  expect(JSON.stringify(body)).not.toMatch(/ocsp|skew/);
});

it('sends nothing of a strategy that was only looked at', () => {
  expect(bodyOf({ ...emptyDraft, name: 'p', ca: 'PEM' }).chain).toBeUndefined();
});

it('makes texts that nobody can guess', () => {
  expect(randomText(32)).toMatch(/^[A-Za-z0-9]{32}$/);
  expect(new Set(Array.from({ length: 100 }, () => randomText(20))).size).toBe(100);
});

it('keeps what was typed, and takes what somebody else has changed beside it', () => {
  const mine = { ...emptyDraft, description: 'mine', sessions: '2' };
  const theirs = { ...emptyDraft, description: 'theirs', graceDays: '9' };
  expect(changes(emptyDraft, theirs)).toEqual(['description', 'graceDays']);
  expect(merge(emptyDraft, mine, theirs)).toEqual({ ...emptyDraft, description: 'mine', sessions: '2', graceDays: '9' });
  expect(changes(mine, { ...mine })).toEqual([]);
});
