import { Button } from '@mantine/core';
import { Refusal } from '../api/client';
import { useWords } from '../words/words';
import styles from './Refused.module.css';
import { words } from './words';

// Refused says why something was not done, what to do about it, and where the manual says more.
export function Refused({ error, again }: { error: unknown; again?: () => void }) {
  const w = useWords(words);
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
  const { detail, title, advice, reason } = error.problem;
  return (
    <div className={styles.box} role="alert">
      <p className={styles.detail}>{sentence(detail || title)}</p>
      {advice && <p className={styles.advice}>{sentence(advice)}</p>}
      <p className={styles.foot}>
        <Reason code={reason} />
        {again && (
          <Button size="compact-xs" variant="default" onClick={again}>
            {w.tryAgain}
          </Button>
        )}
      </p>
    </div>
  );
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

// sentence makes one of what the server says.
export function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
