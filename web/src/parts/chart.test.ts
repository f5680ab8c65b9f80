import { expect, it } from 'vitest';
import { apart, day, figure, moment, outline, sampled, tick } from './chart';

it.each([
  [21.456789, '21.457', '21,457'],
  [0.00012345678, '0.00012346', '0,00012346'],
  [5012.44, '5,012.4', '5.012,4'],
  [1234567, '1,234,567', '1.234.567'],
  [null, '–', '–'],
])('writes %d', (n, en, de) => {
  expect(figure(n, 'en')).toBe(en);
  expect(figure(n, 'de')).toBe(de);
});

it('writes a time as exactly as it counts', () => {
  const at = new Date(2026, 2, 4, 15, 6, 7).getTime();
  expect(moment(at, day / 24, 'de')).toBe('15:06:07');
  expect(moment(at, day, 'en')).toBe('Wed 15:06');
  expect(moment(at, day, 'de')).toBe('Mi., 15:06');
  expect(moment(at, 30 * day, 'de')).toBe('4. März, 15:06');
  expect(moment(at, 90 * day, 'de')).toBe('4. März 2026');
});

it('names the day where one begins', () => {
  expect(tick(new Date(2026, 2, 4, 15, 0).getTime(), day / 24, 'de')).toBe('15:00');
  expect(tick(new Date(2026, 2, 4).getTime(), day / 24, 'de')).toBe('4. März');
  expect(tick(new Date(2026, 2, 4, 15, 0, 30).getTime(), 15_000, 'de')).toBe('15:00:30');
});

it('tells what there is and not where it is missing', () => {
  expect(outline([null, 3, 1, null, 2, null])).toEqual({ lowest: 1, highest: 3, latest: 2 });
  expect(outline([null])).toBeUndefined();
  expect(sampled([1, null, 2, 3, 4, 5, null], 3)).toEqual([0, 3, 5]);
  expect(sampled([], 3)).toEqual([]);
});

it('knows how far times are apart as a rule', () => {
  expect(apart([0, 10, 20, 500, 510])).toBe(10);
  expect(apart([7])).toBe(0);
});
