import { describe, expect, it } from 'vitest';
import type { Dictionary } from './words';

type Words = Dictionary<Record<string, unknown>>;

const sources = import.meta.glob<string>(['../**/*.ts', '../**/*.tsx', '!../**/*.test.ts'], { eager: true, query: '?raw', import: 'default' });

// The dictionaries of what the console says by itself. What the server may say has others, whose keys are nowhere but in the server.
const modules = import.meta.glob<Record<string, Words>>(['../*/words.ts', '../*/*Words.ts', '!./words.ts'], { eager: true });

// Every dictionary, by the file that it is in and the name that it has there.
const dictionaries = Object.entries(modules).flatMap(([file, exports]) =>
  Object.entries(exports).flatMap(([name, words]) => (typeof words === 'object' && 'en' in words && 'de' in words ? [[file, name, words] as const] : [])),
);

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
