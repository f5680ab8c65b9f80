import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Rows } from '../parts/Loading';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useSaid } from '../words/said';
import { useLanguage, useWords } from '../words/words';
import { provisioned, refused, sum } from './counts';
import styles from './Overview.module.css';
import { todayQuery } from './queries';
import { Figure } from './Traffic';
import { words } from './words';

const most = 6; // reasons that have a bar of their own

// Today shows how many were let in since midnight, and why others were not.
export function Today() {
  const w = useWords(words);
  const said = useSaid();
  const language = useLanguage();
  const { data, error, refetch } = useQuery(todayQuery);
  if (!data) {
    return (
      <Panel title={w.today}>
        <Refused error={error} again={() => void refetch()} />
        {!error && <Rows />}
      </Panel>
    );
  }
  const all = refused(data.items);
  const others = sum(all.slice(most));
  const greatest = all[0]?.count ?? 1;
  return (
    <Panel title={w.today}>
      <div className={styles.two}>
        <Figure number={provisioned(data.items)}>{w.provisioned}</Figure>
        <Figure number={sum(all)}>{w.refused}</Figure>
      </div>
      {all.length === 0 ? (
        <p className={styles.quiet}>{w.refusedNothing}</p>
      ) : (
        <ul className={styles.bars} aria-label={w.refusedBy}>
          {all.slice(0, most).map((r) => (
            <li key={r.reason} title={said.title(r).text}>
              <Link to="/why" search={{ reason: r.reason }}>
                {r.reason}
              </Link>
              <meter min={0} max={greatest} value={r.count} aria-hidden="true" />
              <span>{r.count.toLocaleString(language)}</span>
            </li>
          ))}
        </ul>
      )}
      {others > 0 && <p className={styles.quiet}>{w.others(others.toLocaleString(language))}</p>}
    </Panel>
  );
}
