import { Button, Group } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { answer, api, isRefusedFor } from '../api/client';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { renewDevices, traceQuery } from './queries';
import { words } from './words';

// DeviceTrace writes down what a device does, for ten minutes, and shows it as it comes.
export function DeviceTrace({ name }: { name: string }) {
  const w = useWords(words);
  const may = useMay('operator');
  const one = { params: { path: { name } } };
  const { data, error, refetch } = useQuery(traceQuery(name));
  const turn = useMutation({
    mutationFn: async (on: boolean) => {
      await (on ? answer(api.POST('/v1/devices/{name}/trace', { ...one, body: { for: '10m' } })) : answer(api.DELETE('/v1/devices/{name}/trace', one)));
    },
    onSuccess: renewDevices,
  });
  const none = isRefusedFor(error, 'not-found');
  const act = may && (
    <Group gap={6}>
      {data && (
        <Button size="compact-sm" variant="default" loading={turn.isPending && !turn.variables} onClick={() => turn.mutate(false)}>
          {w.endTrace}
        </Button>
      )}
      <Button size="compact-sm" variant="default" loading={turn.isPending && turn.variables} onClick={() => turn.mutate(true)}>
        {data?.on ? w.longerTrace : w.beginTrace}
      </Button>
    </Group>
  );
  return (
    <Panel
      title={w.trace}
      flush
      act={
        <Group gap="sm">
          {data?.on && (
            <span>
              {w.traceEnds} <Ago at={data.until} />
            </span>
          )}
          {act}
        </Group>
      }
    >
      <Refused error={none ? undefined : error} again={() => void refetch()} />
      <Refused error={turn.error} again={() => turn.mutate(turn.variables ?? true)} />
      <Table
        label={w.trace}
        rows={none ? [] : data?.lines.toReversed()}
        id={(l) => String(l.number)}
        columns={[
          { key: 'when', label: w.when, cell: (l) => new Date(l.at).toLocaleTimeString(undefined, { hour12: false, fractionalSecondDigits: 3 }) },
          { key: 'what', label: w.what, cell: (l) => <span lang="en">{l.event}</span> },
          { key: 'text', label: w.text, cell: (l) => <code lang="en">{l.text}</code> },
        ]}
        empty={<Empty title={data?.on ? w.noLines : w.noTrace}>{w.traceText}</Empty>}
      />
    </Panel>
  );
}
