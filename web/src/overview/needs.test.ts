import { expect, it } from 'vitest';
import { needs, type Known } from './needs';
import { words } from './words';

const now = Date.parse('2026-03-01T12:00:00Z');
const told = (known: Known) => needs(known, words.en, 'en', now).map((n) => `${n.tone} ${n.title}: ${n.text}`);
const count = (reason: string, n: number) => ({ reason, action: 'connect', count: n, entries: 1, lastAt: '' }) as const;

it('is quiet about what is well', () => {
  expect(told({})).toEqual([]);
  expect(
    told({
      health: { ok: true, findings: [{ about: 'clock', ok: true, says: 'it is noon' }] },
      lately: [count('token-unknown', 99), count('', 10_000)],
      forecast: [{ day: '2026-04-01', count: 5, kind: 'ACCESS_TOKEN', profile: 'p' }],
      waiting: 0,
      paused: [],
    }),
  ).toEqual([]);
});

it('names what is broken before what can wait', () => {
  expect(
    told({
      lately: [count('token-unknown', 400), count('password-wrong', 2), count('rate-limited', 30), count('storage-full', 7)],
      health: {
        ok: false,
        findings: [
          { about: 'free space', ok: false, says: '12 MB are free', fix: 'Make room.' },
          { about: 'revocation list plant', ok: false, says: 'it is old' },
          { about: 'moon', ok: false, says: 'it is full' },
        ],
      },
    }),
  ).toEqual([
    'bad Free space: 12 MB are free. Make room.',
    'bad Revocation list plant: It is old.',
    'bad moon: It is full.',
    'bad Readings are not kept: 7 refusals in the last 10 minutes: the disk is full, or too slow.',
    'care Attempts are held back: 30 in the last 10 minutes: addresses or provision keys that try too often, or more than the server can take.',
    'care Many are refused: 402 in the last 10 minutes, most of them for token-unknown.',
  ]);
});

it('leads to where each of them is mended', () => {
  const campaign = (id: string) => ({ id }) as NonNullable<Known['paused']>[number];
  const finding = (about: string) => ({ about, ok: false, says: 'it is old' });
  const link = (known: Known) => needs(known, words.en, 'en', now)[0]?.link;
  expect(link({ forecast: [{ day: '2026-03-03', count: 2, kind: 'ACCESS_TOKEN', profile: 'p' }] })).toMatchObject({ to: '/certificates/expiry' });
  expect(link({ paused: [campaign('7')] })).toEqual({ to: '/certificates/campaigns/$id', params: { id: '7' } });
  expect(link({ paused: [campaign('7'), campaign('8')] })).toEqual({ to: '/certificates/campaigns', search: { state: 'paused' } });
  for (const [about, to] of [
    ['revocation list plant', '/certificates/others'],
    ['OCSP responder http://ocsp.example/', '/certificates/others'],
    ['root certificate', '/certificates/authority'],
    ['server certificate', '/settings/server'],
    ['disk sync', '/settings/server'],
  ]) {
    expect(link({ health: { ok: false, findings: [finding(about ?? '')] } })).toEqual({ to });
  }
});

it('is more urgent about what ends in three days than about what ends in two weeks', () => {
  const ends = (day: string) => told({ forecast: [{ day, count: 2, kind: 'ACCESS_TOKEN', profile: 'p' }] })[0];
  expect(ends('2026-03-03')).toMatch(/^bad 2 credentials end within 3 days/);
  expect(ends('2026-03-12')).toMatch(/^care 2 credentials end within 14 days/);
});
