import { useQuery } from '@tanstack/react-query';
import { Ago } from '../parts/Ago';
import { CopyButton } from '../parts/CopyButton';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { useWords } from '../words/words';
import { shownCertificatesQuery } from './queries';
import styles from './Settings.module.css';
import { words } from './words';

const soon = 14; // days

// ServerCertificates are those that devices are shown, with what signs them.
export function ServerCertificates() {
  const w = useWords(words);
  const { data, error, refetch } = useQuery(shownCertificatesQuery);
  return (
    <Panel title={w.certificates} flush>
      <Refused error={error} again={() => void refetch()} />
      <Table
        label={w.certificates}
        rows={data?.items}
        id={(c) => c.fingerprint}
        columns={[
          { key: 'use', label: w.use, cell: (c) => w[`use${c.use}`] },
          { key: 'subject', label: w.subject, wide: true, cell: (c) => c.subject },
          { key: 'names', label: w.names, wide: true, cell: (c) => <span title={c.names.join(', ')}>{c.names.join(', ')}</span> },
          {
            key: 'until',
            label: w.expires,
            cell: (c) => (
              <Tag tone={c.daysLeft < 0 ? 'bad' : c.daysLeft <= soon ? 'care' : 'good'}>
                <Ago at={c.notAfter} />
              </Tag>
            ),
          },
          { key: 'renewal', label: w.renewal, wide: true, cell: (c) => (c.file ? <code>{c.file}</code> : c.use.endsWith('root') ? w.byHand : w.byItself) },
          {
            key: 'fingerprint',
            label: 'SHA-256',
            cell: (c) => (
              <span className={styles.inline}>
                <code>{c.fingerprint.slice(0, 12)}…</code>
                <CopyButton text={c.fingerprint} what={w.fingerprint} />
              </span>
            ),
          },
        ]}
      />
    </Panel>
  );
}
