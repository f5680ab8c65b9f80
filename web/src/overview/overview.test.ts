import { expect, it } from 'vitest';
import { provisioned, refused } from './counts';
import { daily, within } from './forecast';
import { course, joined, more, secondOf, shown, type Second } from './traffic';

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

const second = (at: number, samples = at / 1_000): Second => ({ at, samples, sessions: 7 });
const heard = (was: readonly Second[], ...times: number[]) => times.map((at) => second(at)).reduce(more, was);
const told = (...times: number[]) => times.map((at) => second(at));

it('keeps the seconds that are shown, and gaps where nobody knows', () => {
  const all = heard([], 1_000, 2_000, 9_000, 10_000);
  expect(course(all, 'samples')).toEqual({ times: [1_000, 2_000, 2_001, 9_000, 10_000], values: [1, 2, null, 9, 10] });
  expect(course(all, 'sessions').values).toEqual([7, 7, null, 7, 7]);
  expect(more(all, second(shown + 9_500)).map((s) => s.at)).toEqual([10_000, shown + 9_500]);
});

it('has every second once, whatever comes first', () => {
  const all = told(1_000, 2_000, 3_000, 4_000);
  expect(joined(all, [])).toEqual(all); // a page that has just been opened
  expect(joined(told(1_000, 2_000), told(2_000, 3_000, 4_000))).toEqual(all); // what was heard while the answer was on its way
  expect(joined(told(1_000, 2_000, 3_000, 4_000), told(1_000, 4_000))).toEqual(all); // what was missed
  expect(heard(joined(all, []), 3_000, 4_000)).toEqual(all); // what a stream that was taken up tells once more
  expect(joined([], all)).toBe(all); // a server that has just been started
});

it('remembers what was before the server was started, and forgets what is not shown any more', () => {
  expect(course(joined(told(9_000, 10_000), told(1_000, 2_000)), 'samples').values).toEqual([1, 2, null, 9, 10]);
  expect(joined(told(shown + 1_000, shown + 2_000), told(1_000, 2_000, 3_000)).map((s) => s.at)).toEqual([2_000, 3_000, shown + 1_000, shown + 2_000]);
});

it('goes on where the clock of the server is put back', () => {
  expect(heard(joined(told(50_000, 51_000, 20_000, 21_000), []), 22_000)).toEqual(told(20_000, 21_000, 22_000));
  expect(secondOf('1970-01-01T00:00:03Z', { samples: 3, samplesTotal: 90, sessions: 7 })).toEqual(second(3_000));
});
