import { useSyncExternalStore } from 'react';
import { useLanguage, useWords } from '../words/words';
import { relative, written } from './relative';
import { words } from './words';

// Ago says how long ago something was, or how soon it will be, and when exactly to who points at it.
export function Ago({ at }: { at: string | number | undefined }) {
  const language = useLanguage();
  const w = useWords(words);
  const now = useSyncExternalStore(listen, () => clock.now);
  if (!at) {
    return <span>{w.never}</span>;
  }
  const text = written(at);
  if (!text) {
    return <span>{at}</span>;
  }
  const when = new Date(at);
  return (
    <time
      dateTime={text}
      onPointerEnter={(e) => (e.currentTarget.title = when.toLocaleString(language, { dateStyle: 'full', timeStyle: 'long' }))}
    >
      {relative(when.getTime(), now, language)}
    </time>
  );
}

// One clock for all of them: a table has hundreds.
const clock = { now: Date.now(), heard: new Set<() => void>() };

function listen(hear: () => void): () => void {
  if (clock.heard.size === 0) {
    clock.now = Date.now();
  }
  clock.heard.add(hear);
  return () => clock.heard.delete(hear);
}

setInterval(() => {
  if (clock.heard.size > 0) {
    clock.now = Date.now();
    clock.heard.forEach((hear) => hear());
  }
}, 15_000);
