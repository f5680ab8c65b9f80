import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deeds, things } from '../settings/audit';
import german from './german.json';
import { english, inGerman } from './said';

interface Document {
  components: { schemas: Record<string, { enum?: string[]; properties?: Record<string, { enum?: string[] }> }> };
}

const { schemas } = (JSON.parse(readFileSync(join(import.meta.dirname, '../../openapi.json'), 'utf8')) as Document).components;
const codes = (schema: string, field: string) => schemas[schema]?.properties?.[field]?.enum;

describe.each<[string, string[] | undefined, object]>([
  ['reasons', schemas.Reason?.enum, german.reasons],
  ['checks', codes('Check', 'code'), german.checks],
  ['findings', codes('Finding', 'code'), german.findings],
  ['what the audit log is about', codes('AuditEntry', 'noun'), things.de],
  ['what the audit log says was done', codes('AuditEntry', 'action'), deeds.de],
])('the German of %s', (_, said, known) => {
  it('lacks nothing that the server says, and has nothing that it does not say', () => {
    expect(Object.keys(known).sort()).toEqual(said?.toSorted());
  });
});

const sentences = [
  ...Object.values(german.reasons).map((r) => r.advice),
  ...Object.values(german.findings).flatMap((f) => ('fix' in f ? [f.says, f.fix] : [f.says])),
];
const titles = [...Object.values(german.reasons).map((r) => r.title), ...Object.values(german.checks), ...Object.values(german.findings).map((f) => f.about)];

it('is written in sentences, and titles have no full stop', () => {
  expect(sentences.filter((text) => !/^[A-ZÄÖÜ{].*[^ ]\.$/.test(text))).toEqual([]);
  expect(titles.filter((text) => !/^[A-ZÄÖÜ].*[^ .:]$/.test(text))).toEqual([]);
});

it('leaves no gap unfilled', () => {
  const said = inGerman(german);
  for (const code of Object.keys(german.findings) as (keyof typeof german.findings)[]) {
    const f = { code, about: 'x', ok: false, says: 'x', fix: 'x', name: 'N', at: '2026-03-01T12:00:00Z', figures: { mode: 0o640, microseconds: 1230 } };
    expect([said.about(f).text, said.says(f).text, said.fix(f)?.text].join(' '), code).not.toMatch(/[{}]|undefined|NaN|Invalid/);
  }
  const file = { code: 'master-key-file', about: 'master key', ok: true, says: 'its mode is 0600', figures: { mode: 0o600 } } as const;
  expect(said.says(file)).toEqual({ text: 'Die Zugriffsrechte seiner Datei sind 0600.' });
});

it('marks as English what it does not know, and what only the server can say', () => {
  const said = inGerman(german);
  const newer = { reason: 'made-tomorrow', title: 'it is new', detail: 'it is too new', advice: 'Wait.' };
  expect([said.title(newer), said.aside(newer), said.advice(newer)]).toEqual([
    { text: 'it is new', lang: 'en' },
    { text: 'it is too new', lang: 'en' },
    { text: 'Wait.', lang: 'en' },
  ]);
  const known = { ...newer, reason: 'not-found' };
  expect([said.title(known).lang, said.aside(known)?.lang, said.advice(known)?.lang]).toEqual([undefined, 'en', undefined]);
  expect(said.aside({ ...known, detail: known.title })).toBeUndefined();
  expect([english.title(newer), english.aside(newer), english.advice({})]).toEqual([{ text: 'it is new' }, { text: 'it is too new' }, undefined]);
});
