import type { Schemas } from '../api/client';
import { CrossIcon, DotIcon, TickIcon } from '../parts/icons';
import { useWords } from '../words/words';
import styles from './Story.module.css';
import { words } from './words';

const icons = { passed: TickIcon, failed: CrossIcon, 'not reached': DotIcon };

// Checks are those that an attempt had to pass, in their order.
export function Checks({ all }: { all: Schemas['Check'][] }) {
  const w = useWords(words);
  return (
    <ol className={styles.checks}>
      {all.map(({ name, asks, result }) => {
        const Icon = icons[result];
        return (
          <li key={name} data-result={result}>
            <span className={styles.mark}>
              <Icon size={14} />
            </span>
            <span lang="en">{asks.charAt(0).toUpperCase() + asks.slice(1)}</span>
            <span className={styles.hidden}>{w[result]}</span>
          </li>
        );
      })}
    </ol>
  );
}
