import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { again } from '../live/again';
import { useEvents } from '../live/useEvents';
import { Ago } from '../parts/Ago';
import { Panel } from '../parts/Page';
import { Tag } from '../parts/Tag';
import { useWords } from '../words/words';
import { afterQuery } from './queries';
import { transportName } from './search';
import styles from './Story.module.css';
import { words } from './words';

// After tells what a device has tried since an attempt, the moment it does.
export function After({ number, device }: { number: number; device: string }) {
  const w = useWords(words);
  const query = afterQuery(number, device);
  const { data } = useQuery(query);
  const renew = () => void again(query.queryKey);
  useEvents({ kind: ['attempts'], device }, { hear: renew, missed: renew });
  const last = data?.items[0];
  return (
    <Panel title={w.since}>
      <div className={styles.after} role="status">
        {!last && <span className={styles.note}>{w.nothingSince}</span>}
        {last && (
          <>
            <Tag tone={last.reason ? 'bad' : 'good'}>{last.reason ? w.refusedAgain : w.hasComeIn}</Tag>
            <Link to="/why/$number" params={{ number: String(last.number) }}>
              {last.reason ? <code>{last.reason}</code> : w.over(w[`action${last.action}`], transportName(last.transport))}
            </Link>
            <small>
              <Ago at={last.at} />
            </small>
          </>
        )}
      </div>
    </Panel>
  );
}
