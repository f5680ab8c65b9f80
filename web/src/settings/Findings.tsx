import type { Schemas } from '../api/client';
import { CrossIcon, TickIcon } from '../parts/icons';
import { useWords } from '../words/words';
import styles from './Settings.module.css';
import { words } from './words';

// Findings are what the server says of itself, what needs mending first.
export function Findings({ all }: { all: Schemas['Finding'][] }) {
  const w = useWords(words);
  return (
    <ul className={styles.findings}>
      {all
        .toSorted((x, y) => Number(x.ok) - Number(y.ok))
        .map((f) => (
          <li key={f.about}>
            <span className={styles.mark} data-bad={!f.ok || undefined} role="img" aria-label={f.ok ? w.fine : w.notFine}>
              {f.ok ? <TickIcon /> : <CrossIcon />}
            </span>
            <span className={styles.about}>{f.about}</span>
            <span className={styles.says}>{f.says}</span>
            {f.fix && <span className={styles.fix}>{f.fix}</span>}
          </li>
        ))}
    </ul>
  );
}
