import { expect, it } from 'vitest';
import type { LiveEvent } from '../live/follow';
import { provisioned, refused } from './counts';
import { daily, within } from './forecast';
import { course, more, shown, type Second } from './traffic';

const lastAt = '2026-03-01T12:00:00Z';

it('adds refusals up by reason, and counts nothing twice that went well', () => {
  const counts = [
    { reason: '', action: 'provision', count: 4, entries: 4, lastAt },
    { reason: '', action: 'connect', count: 90, entries: 9, lastAt },
    { reason: 'token-unknown', title: 'The token is unknown.', action: 'connect', count: 2, entries: 1, lastAt },
    { reason: 'token-unknown', title: 'The token is unknown.', action: 'message', count: 5, entries: 1, lastAt },
    { reason: 'password-wrong', action: 'connect', count: 3, entries: 1, lastAt },
    { reason: 'provision-pending', action: 'provision', count: 60, entries: 1, lastAt },
    { reason: 'taken-over', action: 'disconnect', count: 50, entries: 1, lastAt },
  ] as const;
  expect(provisioned(counts)).toBe(4);
  expect(refused(counts)).toEqual([
    { reason: 'token-unknown', title: 'The token is unknown.', count: 7 },
    { reason: 'password-wrong', title: '', count: 3 },
  ]);
});

it('puts what ends on its day, and leaves out what is too far away', () => {
  const now = Date.parse('2026-03-01T15:00:00Z');
  const ending = (day: string, count: number) => ({ day, count, profile: 'p', kind: 'ACCESS_TOKEN' }) as const;
  const forecast = [ending('2026-03-01', 1), ending('2026-03-03', 2), ending('2026-03-03', 3), ending('2026-03-09', 4)];
  const { times, values } = daily(forecast, 4, now);
  expect(values).toEqual([1, 0, 5, 0]);
  expect(new Date(times[2] ?? 0).toISOString()).toBe('2026-03-03T12:00:00.000Z');
  expect(within(forecast, 3, now)).toBe(6);
});

it('keeps the seconds that are shown, and gaps where it was not told', () => {
  const second = (ms: number, samples: number) => ({ event: 'traffic', at: new Date(ms).toISOString(), traffic: { samples, samplesTotal: 0, sessions: 7 } }) as LiveEvent;
  let all: readonly Second[] = [];
  for (const ms of [1_000, 2_000, 9_000, 10_000]) {
    all = more(all, second(ms, ms / 1_000));
  }
  expect(course(all, 'samples')).toEqual({ times: [1_000, 2_000, 2_001, 9_000, 10_000], values: [1, 2, null, 9, 10] });
  expect(course(all, 'sessions').values).toEqual([7, 7, null, 7, 7]);
  expect(more(all, second(shown + 9_500, 3)).map((s) => s.at)).toEqual([10_000, shown + 9_500]);
});
