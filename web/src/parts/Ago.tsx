import { useEffect, useState } from 'react';
import { useLanguage, useWords } from '../words/words';
import { relative } from './relative';
import { words } from './words';

// Ago says how long ago something was, or how soon it will be, and when exactly to who points at it.
export function Ago({ at }: { at: string | number | undefined }) {
  const language = useLanguage();
  const w = useWords(words);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) {
    return <span>{w.never}</span>;
  }
  const when = new Date(at);
  return (
    <time dateTime={when.toISOString()} title={when.toLocaleString(language, { dateStyle: 'full', timeStyle: 'long' })}>
      {relative(when.getTime(), now, language)}
    </time>
  );
}
