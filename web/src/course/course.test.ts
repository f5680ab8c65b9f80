import { expect, it } from 'vitest';
import { keysOf, keysText, toggled } from './keys';
import { courseOf, fold, fuller, insert, joined, runs, stretchOf, widthOf } from './range';

type R = { ts: number; value: unknown };
const reading = (value: unknown) => ({ ts: 1, value });

it.each([
  [{}, { length: 3_600_000 }],
  [{ range: 'week' }, { length: 7 * 86_400_000 }],
  [{ range: 'decade' }, { length: 3_600_000 }],
  [{ range: 'own', from: '2026-03-01T00:00:00Z', to: '2026-03-01T00:10:00Z' }, { from: 1772323200000, length: 600_000 }],
  [{ range: 'own', from: '2026-03-01T00:10:00Z', to: '2026-03-01T00:00:00Z' }, { length: 3_600_000 }],
  [{ range: 'own', from: 'yesterday' }, { length: 3_600_000 }],
])('reads %j', (search, stretch) => {
  expect(stretchOf(search)).toEqual(stretch);
});

it.each([
  ['a minute', 60_000, 1_000],
  ['an hour', 3_600_000, 10_000],
  ['a month', 30 * 86_400_000, 2 * 3_600_000],
  ['a thousand years', 365_000 * 86_400_000, 366 * 86_400_000],
])('asks for as many buckets of %s as there is room for', (_, length, width) => {
  expect(widthOf({ length })).toBe(width);
});

it('folds a reading into the bucket that it belongs to', () => {
  let all = fold([], 10, 0, 25, 4);
  all = fold(all, 10, 0, 29, 8);
  all = fold(all, 10, 0, 3, 1);
  expect(all).toEqual([
    { ts: 0, count: 1, min: 1, max: 1, avg: 1, sum: 1 },
    { ts: 20, count: 2, min: 4, max: 8, avg: 6, sum: 12 },
  ]);
  expect(fold(all, 10, 15, 31, 5).map((b) => b.ts)).toEqual([20, 30]);
  expect(fold(all, 10, 15, 12, 5)).toBe(all);
  expect(fold(all, 10, 0, 31, 'on')).toBe(all);
});

it('lays what was heard over an answer that may be older', () => {
  const bucket = (ts: number, count: number) => ({ ts, count });
  expect(fuller([bucket(0, 3), bucket(10, 2)], [bucket(0, 2), bucket(10, 3), bucket(20, 1)])).toEqual([bucket(0, 3), bucket(10, 3), bucket(20, 1)]);
  const [a, b, c] = [1, 2, 3].map((ts) => ({ ts, value: ts })) as [R, R, R];
  expect(insert(insert([a], c), b)).toEqual([a, b, c]);
  expect(insert([a, b], { ts: 2, value: 9 })).toEqual([a, { ts: 2, value: 9 }]);
  expect(joined([b], [a, { ts: 2, value: 9 }, c])).toEqual([b, c]);
});

it('shows gaps where a device was silent, and none between readings that are as far apart as ever', () => {
  const at = (ts: number, avg: number) => ({ ts, count: 1, avg, min: avg - 1, max: avg + 1 });
  const { times, values, low } = courseOf([at(0, 1), at(50, 2), at(100, 3), { ts: 110, count: 1 }, at(400, 4), at(450, 5)], 10);
  expect(times).toEqual([0, 50, 100, 110, 400, 450]);
  expect(values).toEqual([1, 2, 3, null, 4, 5]);
  expect(low).toEqual([0, 1, 2, null, 3, 4]);
  expect(courseOf([], 10).times).toEqual([]);
});

it('tells what values there were one after the other', () => {
  const all = [true, true, false, true].map((value, i) => ({ ts: i, value }));
  expect(runs(all)).toEqual([
    { value: true, first: 3, last: 3, count: 1 },
    { value: false, first: 2, last: 2, count: 1 },
    { value: true, first: 0, last: 1, count: 2 },
  ]);
});

it('shows the keys that are asked for, or a few that are numbers', () => {
  const latest = { d: reading(1), c: reading(2), b: reading('eco'), a: reading(3), 'x,y %': reading(4) };
  expect(keysOf(undefined, latest)).toEqual(['a', 'c', 'd']);
  expect(keysOf(keysText(['x,y %', 'b', 'gone']), latest)).toEqual(['x,y %', 'b']);
  expect(keysOf('%', latest)).toEqual(['a', 'c', 'd']);
  expect(keysOf(undefined, { mode: reading('eco'), on: reading(true) })).toEqual(['mode']);
});

it('shows one key at least and eight at most', () => {
  expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
  expect(toggled(['b'], 'b')).toEqual(['b']);
  expect(toggled(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], 'i')).toEqual(['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
});
