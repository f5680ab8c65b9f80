import { useQuery } from '@tanstack/react-query';
import { Outcome } from '../journal/columns';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useWords } from '../words/words';
import { deviceAttemptsQuery } from './queries';
import { words } from './words';

export function DeviceJournal({ name }: { name: string }) {
  const w = useWords(words);
  const { data, error, refetch } = useQuery(deviceAttemptsQuery(name));
  return (
    <Panel title={w.journal} flush>
      <Refused error={error} again={() => void refetch()} />
      <Table
        label={w.journal}
        rows={data?.items}
        id={(a) => String(a.number)}
        columns={[
          { key: 'when', label: w.when, cell: (a) => <Ago at={a.at} /> },
          { key: 'action', label: w.what, cell: (a) => w[`action${a.action}`] },
          { key: 'over', label: w.over, wide: true, cell: (a) => a.transport.toUpperCase() },
          { key: 'from', label: w.from, wide: true, cell: (a) => a.remote },
          { key: 'outcome', label: w.outcome, cell: (a) => <Outcome of={a} /> },
        ]}
        empty={<Empty title={w.noAttempts} />}
      />
    </Panel>
  );
}
