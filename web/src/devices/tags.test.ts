import { expect, it } from 'vitest';
import { parseTags, tagLines } from './tags';

it('reads tags as they are written', () => {
  const tags = { site: 'north', formula: 'a=b', spare: '' };
  expect(parseTags(tagLines(tags))).toEqual(tags);
  expect(parseTags('\n  site = north \nalone\n=lost\n')).toEqual({ site: 'north', alone: '' });
});
