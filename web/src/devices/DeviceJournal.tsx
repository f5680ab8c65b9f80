import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Outcome } from '../journal/columns';
import { transportName } from '../journal/search';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useWords } from '../words/words';
import { DevicePager } from './DevicePager';
import { deviceAttemptsQuery } from './queries';
import { words } from './words';

const route = getRouteApi('/shell/devices/$name');

// DeviceJournal is how a device has tried to get in, the newest attempt first.
export function DeviceJournal({ name }: { name: string }) {
  const w = useWords(words);
  const { after } = route.useSearch();
  const { data, error, refetch } = useQuery(deviceAttemptsQuery(name, after));
  return (
    <Panel
      title={w.journal}
      flush
      act={
        <Link to="/why" search={{ name, outcome: 'any' }}>
          {w.inWhy}
        </Link>
      }
    >
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <Table
          label={w.journal}
          rows={data?.items}
          id={(a) => String(a.number)}
          columns={[
            { key: 'when', label: w.when, cell: (a) => <Ago at={a.at} /> },
            { key: 'action', label: w.what, cell: (a) => w[`action${a.action}`] },
            { key: 'over', label: w.over, wide: true, cell: (a) => transportName(a.transport) },
            { key: 'from', label: w.from, wide: true, cell: (a) => a.remote },
            { key: 'outcome', label: w.outcome, cell: (a) => <Outcome of={a} /> },
          ]}
          empty={<Empty title={after ? w.noOlder : w.noAttempts} />}
        />
      )}
      <DevicePager count={data?.items.length} next={data?.next} />
    </Panel>
  );
}
