import { expect, it } from 'vitest';
import { sorts, spans, type Ending } from './spans';

const now = Date.UTC(2026, 10, 21, 18);
const ending = (on: string, count: number, more: Partial<Ending> = {}): Ending => ({ day: on, profile: 'pumps', kind: 'ACCESS_TOKEN', count, ...more });

it('puts what ends on its day, and what ends later nowhere', () => {
  const days = spans([ending('2026-11-21', 2), ending('2026-11-21', 1, { profile: 'meters' }), ending('2026-11-23', 4), ending('2027-11-23', 9)], 30, now);
  expect(days).toHaveLength(30);
  expect(days.filter((d) => d.count > 0)).toMatchObject([
    { from: '2026-11-21', until: '2026-11-22', count: 3 },
    { from: '2026-11-23', until: '2026-11-24', count: 4 },
  ]);
});

it('makes weeks of many days', () => {
  const weeks = spans([ending('2026-11-27', 1), ending('2026-11-28', 2)], 365, now);
  expect(weeks).toHaveLength(53);
  expect(weeks.slice(0, 2).map((s) => [s.from, s.until, s.count])).toEqual([
    ['2026-11-21', '2026-11-28', 1],
    ['2026-11-28', '2026-12-05', 2],
  ]);
});

it('adds up what belongs together', () => {
  const all = [ending('2026-11-22', 1), ending('2026-12-01', 2), ending('2027-01-01', 4), ending('2026-11-22', 9, { kind: 'X509_CERTIFICATE', authority: 'a' })];
  expect(sorts(all, [3, 14], now)).toEqual([
    { profile: 'pumps', kind: 'X509_CERTIFICATE', authority: 'a', within: { 3: 9, 14: 9 }, count: 9 },
    { profile: 'pumps', kind: 'ACCESS_TOKEN', authority: undefined, within: { 3: 1, 14: 3 }, count: 7 },
  ]);
});
