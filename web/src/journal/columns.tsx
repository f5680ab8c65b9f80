import { Link } from '@tanstack/react-router';
import { Ago } from '../parts/Ago';
import type { Column } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { useSaid } from '../words/said';
import { useLanguage, useWords } from '../words/words';
import styles from './Journal.module.css';
import { transportName, type Attempt } from './search';
import { words } from './words';

export function useAttemptColumns(): Column<Attempt>[] {
  const w = useWords(words);
  return [
    { key: 'who', label: w.device, cell: (a) => <Who of={a} /> },
    { key: 'when', label: w.when, wide: true, cell: (a) => <Ago at={a.at} /> },
    { key: 'what', label: w.action, wide: true, cell: (a) => w.over(w[`action${a.action}`], transportName(a.transport)) },
    { key: 'from', label: w.from, wide: true, cell: (a) => a.remote },
    { key: 'outcome', label: w.outcome, cell: (a) => <Outcome of={a} /> },
  ];
}

function Who({ of: { name, profile, at } }: { of: Attempt }) {
  const w = useWords(words);
  return (
    <span className={styles.who}>
      <span>{name || <em>{w.nameless}</em>}</span>
      {profile && <small>{profile}</small>}
      <small className={styles.narrow}>
        <Ago at={at} />
      </small>
    </span>
  );
}

// Outcome says what became of an attempt, and leads to its story.
export function Outcome({ of: attempt }: { of: Attempt }) {
  const w = useWords(words);
  const language = useLanguage();
  const { number, reason, count } = attempt;
  const title = useSaid().title(attempt);
  return (
    <span className={styles.why}>
      <span>
        <Tag tone={reason ? 'bad' : 'good'}>
          <Link to="/why/$number" params={{ number: String(number) }}>
            {reason ? <code>{reason}</code> : w.letIn}
          </Link>
        </Tag>
        {count > 1 && <span className={styles.times}>{w.times(count.toLocaleString(language))}</span>}
      </span>
      {reason && <small lang={title.lang}>{title.text}</small>}
    </span>
  );
}
