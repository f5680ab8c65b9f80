import { useQuery } from '@tanstack/react-query';
import { Value } from '../devices/Value';
import { Rows } from '../parts/Loading';
import { moment } from '../parts/chart';
import { Refused } from '../parts/Refused';
import { written } from '../parts/relative';
import { Table } from '../parts/Table';
import { useLanguage, useWords } from '../words/words';
import styles from './Course.module.css';
import { mostReadings, readingsQuery } from './queries';
import { runs, type Stretch } from './range';
import { words } from './words';

const most = 20;

// History lists what values there were of a key that is no number, and from when until when.
export function History({ device, name, stretch }: { device: string; name: string; stretch: Stretch }) {
  const w = useWords(words);
  const language = useLanguage();
  const { data, error, refetch } = useQuery(readingsQuery(device, name, stretch));
  const time = (at: number) => <time dateTime={written(at)}>{written(at) ? moment(at, stretch.length, language) : at}</time>;
  const all = data && runs(data);
  return (
    <section className={styles.history} aria-label={name}>
      <h3>{name}</h3>
      <Refused error={error} again={() => void refetch()} />
      {!all && !error && <Rows count={3} />}
      {all && (
        <Table
          label={name}
          rows={all.slice(0, most)}
          id={(r) => String(r.first)}
          columns={[
            { key: 'value', label: w.value, cell: (r) => <Value value={r.value} /> },
            { key: 'first', label: w.first, cell: (r) => time(r.first) },
            { key: 'last', label: w.last, cell: (r) => time(r.last) },
            { key: 'count', label: w.readings, number: true, wide: true, cell: (r) => r.count.toLocaleString(language) },
          ]}
          empty={<p className={styles.quiet}>{w.none}</p>}
        />
      )}
      {all && all.length > most && <p className={styles.quiet}>{w.newest(most.toLocaleString(language))}</p>}
      {data?.length === mostReadings && <p className={styles.quiet}>{w.notAll(mostReadings.toLocaleString(language))}</p>}
    </section>
  );
}
