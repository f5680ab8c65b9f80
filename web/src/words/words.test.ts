import { describe, expect, it } from 'vitest';
import type { Dictionary } from './words';

const folders = import.meta.glob<{ words: Dictionary<Record<string, unknown>> }>('../*/words.ts', { eager: true });

describe.each(Object.entries(folders).filter(([path]) => path !== './words.ts'))('%s', (_, { words }) => {
  it('says the same things in both languages', () => {
    expect(Object.keys(words.de).sort()).toEqual(Object.keys(words.en).sort());
  });

  it('is silent about nothing', () => {
    for (const terms of [words.en, words.de]) {
      for (const [key, term] of Object.entries(terms)) {
        const text = typeof term === 'function' ? (term as (...about: unknown[]) => string)(2, 'x', 'y') : term;
        expect(String(text).trim(), key).not.toBe('');
      }
    }
  });

  it('is translated: no sentence is the same in both', () => {
    for (const [key, term] of Object.entries(words.en)) {
      if (typeof term === 'string' && term.split(' ').length > 3) {
        expect(words.de[key], key).not.toBe(term);
      }
    }
  });
});

it('finds dictionaries to look at', () => {
  expect(Object.keys(folders).length).toBeGreaterThan(3);
});
