import { expect, it } from 'vitest';
import { instant, lines, local } from './typed';

it('reads times as they are shown', () => {
  const at = '2026-03-29T08:30:00.000Z';
  expect(instant(local(at))).toBe(at);
  expect([instant(''), local(undefined)]).toEqual([undefined, '']);
});

it('reads lists one a line', () => {
  expect(lines(' a \n\n b')).toEqual(['a', 'b']);
});
