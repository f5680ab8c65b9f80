import { describe, expect, it } from 'vitest';
import type { Dictionary } from './words';

type Words = Dictionary<Record<string, unknown>>;

// The dictionaries of what the console says by itself. What the server may say has others, whose keys are nowhere but in the server.
const modules = import.meta.glob<Record<string, Words>>(['../*/words.ts', '../*/*Words.ts', '!./words.ts'], { eager: true });
const dictionaries = Object.entries(modules).flatMap(([file, exports]) => Object.entries(exports).map(([name, words]) => [file, name, words] as const));

const sources = import.meta.glob<string>(['../**/*.ts', '../**/*.tsx', '!../**/*.test.ts'], { eager: true, query: '?raw', import: 'default' });

const schema = sources['../api/schema.ts'] ?? '';

// tellers are the sources that say the terms of a dictionary: those that import it, and all of its folder, in which its keys may be made.
function tellers(file: string, name: string): string {
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const base = file.slice(folder.length).replace('.ts', '');
  const imports = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from '${folder}${base}'`);
  return Object.entries(sources)
    .filter(([path, text]) => !isDictionary(path) && (path.startsWith(folder) || imports.test(text)))
    .map(([, text]) => text)
    .join('\n');
}

const isDictionary = (path: string) => path in modules;

const literals = (text: string) => [...text.matchAll(/'([^'\n]+)'|"([^"\n]+)"/g)].map(([, single, double]) => single ?? double ?? '');

// composed returns what matches keys that are put together: `act${kind}` is whatever begins so, and `${field}${choice}` two literals.
function composed(text: string): (key: string) => boolean {
  const known = new Set(literals(text));
  const templates = [...text.matchAll(/`((?:\w|\$\{[^}`]*\})*)`/g)].map(([, template = '']) => template.split(/\$\{[^}]*\}/));
  const fixed = templates.filter((parts) => parts.some((p) => p !== '')).map((parts) => new RegExp(`^${parts.join('.+')}$`));
  return (key) => fixed.some((f) => f.test(key)) || [...key].some((_, i) => known.has(key.slice(0, i)) && known.has(key.slice(i)));
}

describe.each(dictionaries)('%s: %s', (file, name, words) => {
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

  it('has no term that nobody says', () => {
    const text = tellers(file, name);
    const looked = new Set([...literals(text), ...literals(schema)]); // up by a value, such as a state
    const isComposed = composed(text);
    const names = ['w', ...[...text.matchAll(/(\w+)(?:: [^=]+)? = useWords\(/g)].map(([, n]) => n)].join('|');
    const said = (key: string) => new RegExp(`\\b(${names})\\.${key}\\b`).test(text);
    const unused = Object.keys(words.en).filter((key) => !said(key) && !looked.has(key) && !isComposed(key));
    expect(unused).toEqual([]);
  });
});

it('finds dictionaries to look at', () => {
  expect(dictionaries.length).toBeGreaterThan(15);
});
