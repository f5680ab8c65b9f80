import { Button } from '@mantine/core';
import { Refusal } from '../api/client';
import { sentence, useSaid, type Said, type Speech } from '../words/said';
import { useWords } from '../words/words';
import styles from './Refused.module.css';
import { Say } from './Say';
import { words } from './words';

// Refused says why something was not done, what to do about it, and where the manual says more.
export function Refused({ error, again }: { error: unknown; again?: () => void }) {
  const w = useWords(words);
  const said = useSaid();
  if (!error) {
    return null;
  }
  if (!(error instanceof Refusal)) {
    return (
      <div className={styles.box} role="alert">
        <p className={styles.detail}>{String(error)}</p>
      </div>
    );
  }
  const advice = said.advice(error.problem);
  return (
    <div className={styles.box} role="alert">
      <p className={styles.detail}>
        <Why of={error.problem} />
      </p>
      {advice && (
        <p className={styles.advice} lang={advice.lang}>
          {sentence(advice.text)}
        </p>
      )}
      <p className={styles.foot}>
        <Reason code={error.problem.reason} />
        {again && (
          <Button size="compact-xs" variant="default" onClick={again}>
            {w.tryAgain}
          </Button>
        )}
      </p>
    </div>
  );
}

// Why says in a sentence or two why something was refused: what the server says of this one time, and in another language the
// reason's title before it.
export function Why({ of }: { of: Parameters<Speech['title']>[0] }) {
  const said = useSaid();
  const title = said.title(of);
  const aside = said.aside(of);
  if (!aside?.lang) {
    return <Say of={whole(aside ?? title)} />;
  }
  return (
    <>
      <Say of={whole(title)} />{' '}
      <span className={styles.aside} lang={aside.lang}>
        {sentence(aside.text)}
      </span>
    </>
  );
}

function whole({ text, lang }: Said): Said {
  return { text: sentence(text), lang };
}

// Reason is a code that leads to its section of the manual.
export function Reason({ code }: { code: string }) {
  const w = useWords(words);
  return (
    <a className={styles.reason} href={`/docs/api#reason-${code}`} target="_blank" rel="noreferrer" title={w.inManual(code)}>
      {code}
    </a>
  );
}
