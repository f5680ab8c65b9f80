import { expect, it } from 'vitest';
import { relative, written } from './relative';

const now = Date.UTC(2026, 2, 1);

it.each([
  [-5_000, 'now', 'jetzt'],
  [-61_000, '1 minute ago', 'vor 1 Minute'],
  [-3 * 3_600_000, '3 hours ago', 'vor 3 Stunden'],
  [-86_400_000, 'yesterday', 'gestern'],
  [40 * 86_400_000, 'next month', 'nächsten Monat'],
  [800 * 86_400_000, 'in 2 years', 'in 2 Jahren'],
])('tells %d ms from now', (ms, en, de) => {
  expect(relative(now + ms, now, 'en')).toBe(en);
  expect(relative(now + ms, now, 'de')).toBe(de);
});

it('writes no time that there is not, whatever a device says', () => {
  expect(written(now)).toBe('2026-03-01T00:00:00.000Z');
  expect(written(9e18)).toBeUndefined();
});
