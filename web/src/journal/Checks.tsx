import type { Schemas } from '../api/client';
import { CrossIcon, DotIcon, TickIcon } from '../parts/icons';
import { Say } from '../parts/Say';
import { useSaid } from '../words/said';
import { useWords } from '../words/words';
import styles from './Story.module.css';
import { words } from './words';

const icons = { passed: TickIcon, failed: CrossIcon, 'not reached': DotIcon };

// Checks are those that an attempt had to pass, in their order.
export function Checks({ all }: { all: Schemas['Check'][] }) {
  const w = useWords(words);
  const said = useSaid();
  return (
    <ol className={styles.checks}>
      {all.map((check) => {
        const { code, result } = check;
        const Icon = icons[result];
        return (
          <li key={code} data-result={result}>
            <span className={styles.mark}>
              <Icon size={14} />
            </span>
            <span>
              <Say of={said.check(check)} />
            </span>
            <span className={styles.hidden}>{w[result]}</span>
          </li>
        );
      })}
    </ol>
  );
}
