import { useSyncExternalStore } from 'react';

// A Term is a text, or makes one of what it is about.
type Term = string | ((...about: never[]) => string);

// Likewise are the same terms in another language.
type Likewise<T> = { readonly [K in keyof T]: T[K] extends (...about: infer A) => string ? (...about: A) => string : string };

export interface Dictionary<T> {
  readonly en: T;
  readonly de: Likewise<T>;
}

// dictionary makes the words of a folder. A term that one language lacks does not compile.
export function dictionary<T extends Record<string, Term>>(en: T, de: Likewise<T>): Dictionary<T> {
  return { en, de };
}

export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

const kept = 'muster-language';
const listeners = new Set<() => void>();

// languageOf returns the language of the pages in this browser.
export function languageOf(): Language {
  const own = localStorage.getItem(kept);
  if (own === 'en' || own === 'de') {
    return own;
  }
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en';
}

// speak changes the language of the pages in this browser.
export function speak(language: Language) {
  localStorage.setItem(kept, language);
  document.documentElement.lang = language;
  listeners.forEach((hear) => hear());
}

// begin has the page say in which language it is, from its first moment on.
export function begin() {
  document.documentElement.lang = languageOf();
}

export function useLanguage(): Language {
  return useSyncExternalStore((hear) => {
    listeners.add(hear);
    return () => listeners.delete(hear);
  }, languageOf);
}

export function useWords<T>(d: Dictionary<T>): T {
  const language = useLanguage();
  return language === 'en' ? d.en : (d.de as T);
}
