import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { queries } from '../api/client';
import { tell, tellAgain } from '../course/queries';
import { useEvents } from '../live/useEvents';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { useWords } from '../words/words';
import { latestQuery } from './queries';
import { Value } from './Value';
import { merge, readingsOf } from './values';
import { words } from './words';

const Course = lazy(() => import('../course/Course'));

// DeviceValues shows the newest value of each key, and every newer one the moment it is safe.
export function DeviceValues({ name }: { name: string }) {
  const w = useWords(words);
  const query = latestQuery(name);
  const { data, error, refetch } = useQuery(query);
  const live = useEvents(data ? { kind: ['telemetry'], device: name } : null, {
    hear: ({ telemetry: sample }) => {
      if (sample) {
        queries.setQueryData(query.queryKey, (was) => was && merge(was, readingsOf(sample)));
        tell(name, sample);
      }
    },
    missed: () => {
      void refetch();
      void tellAgain(name);
    },
  });
  if (error) {
    return <Refused error={error} again={() => void refetch()} />;
  }
  const rows = data && Object.entries(data).sort(([a], [b]) => a.localeCompare(b));
  return (
    <>
      <Panel title={w.values} flush act={live && <Tag tone="good">{w.live}</Tag>}>
        <Table
          label={w.values}
          rows={rows}
          id={([key]) => key}
          columns={[
            { key: 'key', label: w.key, cell: ([key]) => key },
            { key: 'value', label: w.value, cell: ([, r]) => <Value value={r.value} /> },
            { key: 'when', label: w.when, cell: ([, r]) => <Ago at={r.ts} /> },
          ]}
          empty={<Empty title={w.noValues}>{w.noValuesText}</Empty>}
        />
      </Panel>
      {rows && rows.length > 0 && (
        <Suspense>
          <Course device={name} latest={data} />
        </Suspense>
      )}
    </>
  );
}
