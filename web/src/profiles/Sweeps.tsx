import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { answer, api, queries } from '../api/client';
import { Ago } from '../parts/Ago';
import { Panel } from '../parts/Page';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { useLanguage, useWords } from '../words/words';
import { keyWords } from './keyWords';

// Sweeps are those of a key that go on, and the last that were finished.
export function Sweeps({ of }: { of: string }) {
  const w = useWords(keyWords);
  const language = useLanguage();
  const { data } = useQuery({
    queryKey: ['profiles', 'sweeps', of],
    refetchInterval: ({ state }) => (state.data?.some((s) => !s.finishedAt) ? 1_000 : 15_000),
    queryFn: async () => (await answer(api.GET('/v1/sweeps'))).items.filter((s) => s.key === of),
  });
  // What is swept shows as it is now, beside the list.
  const far = data?.map((s) => s.devices).join();
  useEffect(() => void queries.invalidateQueries({ queryKey: ['profiles', 'let-in', of] }), [of, far]);
  if (!data?.length) {
    return null;
  }
  return (
    <Panel title={w.sweeps} flush>
      <Table
        label={w.sweeps}
        rows={data}
        id={(s) => s.id}
        columns={[
          { key: 'when', label: w.begun, cell: (s) => <Ago at={s.createdAt} /> },
          { key: 'action', label: w.revokeDevices, cell: (s) => w[`revoke${s.action}`] },
          { key: 'done', label: w.done, number: true, cell: (s) => w.ofMost(s.devices.toLocaleString(language), s.expected.toLocaleString(language)) },
          { key: 'state', label: w.state, cell: (s) => <Tag tone={s.finishedAt ? 'good' : 'care'}>{s.finishedAt ? w.finished : w.underWay}</Tag> },
        ]}
      />
    </Panel>
  );
}
