import { expect, it } from 'vitest';
import { english, inGerman, type Speech } from '../words/said';
import german from '../words/german.json';
import { needs, silence, type Known } from './needs';
import { words } from './words';

type Code = NonNullable<NonNullable<Known['health']>['findings'][number]['code']>;

const now = Date.parse('2026-03-01T12:00:00Z');
const told = (known: Known, said: Speech = english) => needs(known, words.en, said, 'en', now).map((n) => `${n.tone} ${n.title.text}: ${n.text.map((t) => t.text).join(' ')}`);
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
    'bad Moon: It is full.',
    'bad Readings are not kept: 7 refusals in the last 10 minutes: the disk is full, or too slow.',
    'care Attempts are held back: 30 in the last 10 minutes: addresses or provision keys that try too often, or more than the server can take.',
    'care Many are refused: 402 in the last 10 minutes, most of them for token-unknown.',
  ]);
});

it('leads to where each of them is mended', () => {
  const campaign = (id: string) => ({ id }) as NonNullable<Known['paused']>[number];
  const finding = (code: Code) => ({ code, about: code, ok: false, says: 'it is old' });
  const link = (known: Known) => needs(known, words.en, english, 'en', now)[0]?.link;
  expect(link({ forecast: [{ day: '2026-03-03', count: 2, kind: 'ACCESS_TOKEN', profile: 'p' }] })).toMatchObject({ to: '/certificates/expiry' });
  expect(link({ paused: [campaign('7')] })).toEqual({ to: '/certificates/campaigns/$id', params: { id: '7' } });
  expect(link({ paused: [campaign('7'), campaign('8')] })).toEqual({ to: '/certificates/campaigns', search: { state: 'paused' } });
  const places: [code: Code, to: string][] = [
    ['revocation-list-overdue', '/certificates/others'],
    ['ocsp-responder-failed', '/certificates/others'],
    ['root-certificate', '/certificates/authority'],
    ['server-certificate', '/settings/server'],
    ['disk-sync', '/settings/server'],
  ];
  for (const [code, to] of places) {
    expect(link({ health: { ok: false, findings: [finding(code)] } })).toEqual({ to });
  }
});

it('says in German what the server has found, and leaves what went wrong as the server says it', () => {
  const findings: NonNullable<Known['health']>['findings'] = [
    { code: 'free-space', about: 'free space', ok: false, says: '12 MB are free', fix: 'Make room.', figures: { megabytes: 12 } },
    { code: 'registry', about: 'registry', ok: false, says: 'disk I/O error', fix: 'Look at it.', reason: 'storage-unavailable', detail: 'disk I/O error' },
  ];
  expect(told({ health: { ok: false, findings } }, inGerman(german))).toEqual([
    'bad Freier Platz: 12 MB sind frei. Schaffen Sie Platz: Unter 256 MB werden Messwerte abgewiesen.',
    'bad Das Register: Der Speicher ist nicht verfügbar; nichts wurde behalten. Disk I/O error. Prüfen Sie die Platte und das Protokoll des Servers.',
  ]);
});

it('is more urgent about what ends in three days than about what ends in two weeks', () => {
  const ends = (day: string) => told({ forecast: [{ day, count: 2, kind: 'ACCESS_TOKEN', profile: 'p' }] })[0];
  expect(ends('2026-03-03')).toMatch(/^bad 2 credentials end within 3 days/);
  expect(ends('2026-03-12')).toMatch(/^care 2 credentials end within 14 days/);
});

it('says first that questions are not answered any more, and since when', () => {
  const error = Object.assign(new Error(), { problem: { reason: 'server-unreachable' } });
  const answered = { error: null, dataUpdatedAt: now };
  const lost = (dataUpdatedAt: number) => ({ error, dataUpdatedAt });
  expect(silence([answered, answered])).toBeUndefined();
  expect(silence([answered, lost(now - 9_000), lost(now - 20_000)])).toEqual({ reason: 'server-unreachable', since: now - 20_000 });
  const all = (dataUpdatedAt: number) => told({ silence: silence([lost(dataUpdatedAt)]), lately: [count('storage-full', 7)] });
  expect(all(new Date(2026, 2, 1, 3, 12, 5).getTime())[0]).toMatch(/^bad Not everything here is up to date: The server has not answered since .*03:12.*, or not every question \(server-unreachable\)\.$/);
  expect(all(0)).toEqual(['bad Not everything here is up to date: The server does not answer, or not every question (server-unreachable).', expect.stringContaining('Readings are not kept')]);
});
