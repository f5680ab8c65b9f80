import type { Said } from '../words/said';

// Say shows a text of the server, and says its language where that is not the page's.
export function Say({ of: { text, lang } }: { of: Said }) {
  return lang ? <span lang={lang}>{text}</span> : text;
}
