import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { transportName } from '../journal/search';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { renewDevices, sessionsQuery } from './queries';
import { words } from './words';

export function DeviceSessions({ name }: { name: string }) {
  const w = useWords(words);
  const may = useMay('operator');
  const { data, error, refetch } = useQuery(sessionsQuery(name));
  const disconnect = useMutation({
    mutationFn: () => answer(api.POST('/v1/devices/{name}/disconnect', { params: { path: { name } } })),
    onSuccess: renewDevices,
  });
  const act = may && Boolean(data?.length) && (
    <Button size="compact-sm" variant="default" loading={disconnect.isPending} onClick={() => disconnect.mutate()}>
      {w.disconnect}
    </Button>
  );
  return (
    <Panel title={w.sessions} flush act={act}>
      <Refused error={error} again={() => void refetch()} />
      <Refused error={disconnect.error} again={() => disconnect.mutate()} />
      <Table
        label={w.sessions}
        rows={data}
        id={(s) => s.id}
        columns={[
          { key: 'over', label: w.over, cell: (s) => transportName(s.transport) },
          { key: 'from', label: w.from, cell: (s) => s.remote },
          { key: 'client', label: w.clientID, wide: true, cell: (s) => s.clientId },
          { key: 'since', label: w.since, cell: (s) => <Ago at={s.since} /> },
        ]}
        empty={<Empty title={w.away}>{w.noSessions}</Empty>}
      />
    </Panel>
  );
}
