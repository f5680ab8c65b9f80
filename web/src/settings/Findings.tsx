import type { Schemas } from '../api/client';
import { CrossIcon, TickIcon } from '../parts/icons';
import { Say } from '../parts/Say';
import { useSaid } from '../words/said';
import { useWords } from '../words/words';
import styles from './Settings.module.css';
import { words } from './words';

// Findings are what the server says of itself, what needs mending first.
export function Findings({ all }: { all: Schemas['Finding'][] }) {
  const w = useWords(words);
  const said = useSaid();
  return (
    <ul className={styles.findings}>
      {all
        .toSorted((x, y) => Number(x.ok) - Number(y.ok))
        .map((f) => {
          const fix = said.fix(f);
          const cause = said.cause(f);
          return (
            <li key={f.about}>
              <span className={styles.mark} data-bad={!f.ok || undefined} role="img" aria-label={f.ok ? w.fine : w.notFine}>
                {f.ok ? <TickIcon /> : <CrossIcon />}
              </span>
              <span className={styles.about}>
                <Say of={said.about(f)} />
              </span>
              <span className={styles.says}>
                <Say of={said.says(f)} /> {cause && <Say of={cause} />}
              </span>
              {fix && (
                <span className={styles.fix}>
                  <Say of={fix} />
                </span>
              )}
            </li>
          );
        })}
    </ul>
  );
}
