import { useSyncExternalStore } from 'react';
import type { Schemas } from '../api/client';
import type json from './german.json';
import address from './german.json?url';
import { languageOf, useLanguage } from './words';

type Finding = Schemas['Finding'];

// German is what the server says in German. In English it says it itself.
export interface German {
  reasons: Record<Schemas['Reason'], { title: string; advice: string }>;
  checks: Record<Schemas['Check']['code'], string>;
  findings: Record<NonNullable<Finding['code']>, { about: string; says: string; fix?: string }>;
}

// A Said is a text of the server as it is shown, and its language where that is not the page's.
export interface Said {
  text: string;
  lang?: 'en';
}

// A Because is why something was refused, as the server says it.
interface Because {
  reason?: string;
  title?: string;
  detail?: string;
  advice?: string;
}

// A Speech says in the language of the page what the server says, as far as that is known beforehand.
export interface Speech {
  title(b: Because): Said;
  advice(b: Because): Said | undefined;
  // aside is what the server says of this one time, where the title does not say it.
  aside(b: Because): Said | undefined;
  check(c: Schemas['Check']): Said;
  about(f: Finding): Said;
  says(f: Finding): Said;
  // cause is what went wrong, where says does not have it.
  cause(f: Finding): Said | undefined;
  fix(f: Finding): Said | undefined;
  // free is a text that the server has composed, and that only it could say otherwise.
  free(text: string): Said;
}

export const english: Speech = {
  title: ({ title = '' }) => ({ text: title }),
  advice: ({ advice }) => (advice ? { text: advice } : undefined),
  aside: ({ title, detail }) => (detail && detail !== title ? { text: detail } : undefined),
  check: ({ asks }) => ({ text: begun(asks) }),
  about: ({ about }) => ({ text: begun(about) }),
  says: ({ says }) => ({ text: says }),
  cause: () => undefined,
  fix: ({ fix }) => (fix ? { text: fix } : undefined),
  free: (text) => ({ text }),
};

// inGerman says what the dictionary knows in German, and marks the rest as English.
export function inGerman(german: Partial<German>): Speech {
  const reasonOf = (code: string | undefined) => german.reasons?.[code as Schemas['Reason']];
  const findingOf = ({ code }: Finding) => code && german.findings?.[code];
  const said = (known: string | undefined, otherwise: Said): Said => (known ? { text: known } : { ...otherwise, lang: 'en' });
  const perhaps = (known: string | undefined, otherwise: Said | undefined) => otherwise && said(known, otherwise);
  const says = (f: Finding) => said(reasonOf(f.reason)?.title ?? filled(findingOf(f)?.says, f), english.says(f));
  return {
    title: (b) => said(reasonOf(b.reason)?.title, english.title(b)),
    advice: (b) => perhaps(reasonOf(b.reason)?.advice, english.advice(b)),
    aside: (b) => perhaps(undefined, english.aside(b)),
    check: (c) => said(german.checks?.[c.code], english.check(c)),
    about: (f) => said(filled(findingOf(f)?.about, f), english.about(f)),
    says,
    cause: (f) => (f.detail && !says(f).lang ? { text: f.detail, lang: 'en' } : undefined),
    fix: (f) => perhaps(reasonOf(f.reason)?.advice ?? filled(findingOf(f)?.fix, f), english.fix(f)),
    free: (text) => ({ text, lang: 'en' }),
  };
}

// filled puts what the server has found into a text about it.
function filled(text: string | undefined, f: Finding): string | undefined {
  return text?.replace(/\{(\w+)\}/g, (_, part: string) => partOf(f, part));
}

function partOf({ name = '', at = '', figures = {} }: Finding, part: string): string {
  switch (part) {
    case 'name':
      return name;
    case 'at':
      return new Date(at).toLocaleString('de', { dateStyle: 'medium', timeStyle: 'medium' });
    case 'date':
      return new Date(at).toLocaleDateString('de', { dateStyle: 'long' });
    case 'mode':
      return (figures.mode ?? 0).toString(8).padStart(4, '0');
    case 'milliseconds':
      return ((figures.microseconds ?? 0) / 1000).toLocaleString('de', { maximumSignificantDigits: 3 });
  }
  return (figures[part] ?? 0).toLocaleString('de');
}

function begun(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// sentence makes one of what the server says.
export function sentence(text: string): string {
  return begun(/[.!?]$/.test(text) ? text : `${text}.`);
}

// The dictionary is fetched by those who read German alone. Until it is there, and where it cannot be had, the server's
// own words are shown.
let german = inGerman({});
let asked = false;
const listeners = new Set<() => void>();

async function fetchGerman() {
  if (asked) {
    return;
  }
  asked = true;
  try {
    const all = (await (await fetch(address)).json()) as typeof json;
    german = inGerman(all);
    listeners.forEach((hear) => hear());
  } catch {
    asked = false; // the next part of a page that needs it asks again
  }
}

function follow(hear: () => void): () => void {
  listeners.add(hear);
  void fetchGerman();
  return () => listeners.delete(hear);
}

const still = () => () => undefined;

// prepare has what will be needed fetched before it is.
export function prepare() {
  if (languageOf() === 'de') {
    void fetchGerman();
  }
}

// useSaid returns how the server is quoted on a page.
export function useSaid(): Speech {
  const speaks = useLanguage() === 'de';
  return useSyncExternalStore(speaks ? follow : still, () => (speaks ? german : english));
}
