import { useQuery } from '@tanstack/react-query';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useLanguage, useWords } from '../words/words';
import { limitsQuery } from './queries';
import styles from './Settings.module.css';
import { limits } from './limits';
import { words } from './words';

// LimitsPart are the bounds that hold for everybody. They are set in the configuration file: the API has no way around it.
export function LimitsPart() {
  const w = useWords(words);
  const about = useWords(limits);
  const language = useLanguage();
  const { data, error, refetch } = useQuery(limitsQuery);
  if (error) {
    return <Refused error={error} again={() => void refetch()} />;
  }
  return (
    <>
      <p className={styles.note}>{w.limitsText}</p>
      <Panel title={w.limits} flush>
        <Table
          label={w.limits}
          rows={data?.items}
          id={(l) => l.key}
          columns={[
            {
              key: 'key',
              label: w.limit,
              cell: (l) => (
                <>
                  {about[l.key as keyof typeof about]}
                  <div className={styles.key}>
                    <code>{l.key}</code>
                  </div>
                </>
              ),
            },
            { key: 'value', label: w.value, number: true, cell: (l) => l.value.toLocaleString(language) },
            { key: 'counts', label: w.counts, wide: true, cell: (l) => (l.key.includes('.') ? (l.reloads ? w.fromReload : w.fromRestart) : w.fromMachine) },
          ]}
        />
      </Panel>
    </>
  );
}
