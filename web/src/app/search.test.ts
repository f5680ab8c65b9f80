import { expect, it } from 'vitest';
import { oneOf, parse, stringify, texts } from './search';

it('keeps texts as they are, also where they look like numbers', () => {
  expect(parse('?search=007&name=true')).toEqual({ search: '007', name: 'true' });
  expect(parse(stringify({ search: 'a&b=c ü', state: undefined, label: '' }))).toEqual({ search: 'a&b=c ü' });
  expect(stringify({ search: '' })).toBe('');
});

it('reads what a page knows and nothing else', () => {
  expect(texts('search', 'state')({ search: 'x', other: 'y', state: '' })).toEqual({ search: 'x' });
});

it('takes the first of what may be for what may not', () => {
  expect(oneOf('b', 'a', 'b')).toBe('b');
  expect(oneOf('c', 'a', 'b')).toBe('a');
  expect(oneOf(undefined, 'a', 'b')).toBe('a');
});
