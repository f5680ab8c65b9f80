import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { commonName } from '../certificates/x509';
import { Ago } from '../parts/Ago';
import { Confirm } from '../parts/Confirm';
import { Empty } from '../parts/Empty';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { useMay } from '../people/session';
import { useLanguage, useWords } from '../words/words';
import { ListForm } from './ListForm';
import { renewLists, type RevocationList } from './queries';
import { listTones } from './tones';
import { words } from './words';

interface Doing {
  what: 'add' | 'change' | 'forget';
  list?: RevocationList;
}

// Lists are the CRLs of others, as they were taken in.
export function Lists({ all }: { all: RevocationList[] | undefined }) {
  const w = useWords(words);
  const language = useLanguage();
  const admin = useMay('admin');
  const [doing, setDoing] = useState<Doing>();
  const close = () => setDoing(undefined);
  const add = admin && (
    <Button size="compact-sm" variant="default" onClick={() => setDoing({ what: 'add' })}>
      {w.addList}
    </Button>
  );
  return (
    <Panel title={w.lists} flush act={add}>
      <Table
        label={w.lists}
        rows={all}
        id={(l) => l.name}
        columns={[
          { key: 'name', label: w.name, cell: (l) => l.name },
          { key: 'state', label: w.state, cell: (l) => <Tag tone={listTones[l.state]}>{w[`state${l.state}`]}</Tag> },
          { key: 'of', label: w.of, wide: true, cell: (l) => <span title={l.subject}>{commonName(l.subject ?? '')}</span> },
          { key: 'entries', label: w.entries, number: true, wide: true, cell: (l) => l.entries.toLocaleString(language) },
          { key: 'next', label: w.next, wide: true, cell: (l) => l.nextUpdate && <Ago at={l.nextUpdate} /> },
          { key: 'from', label: w.from, wide: true, cell: (l) => <Source of={l} /> },
          { key: 'acts', label: '', cell: (l) => <Acts of={l} admin={admin} begin={setDoing} /> },
        ]}
        empty={
          <Empty title={w.noLists} act={add}>
            {w.noListsText}
          </Empty>
        }
      />
      {all
        ?.filter((l) => l.failure)
        .map((l) => (
          <p key={l.name} style={{ margin: 0, padding: '10px 18px', color: 'var(--bad)' }}>
            {l.name}: <span lang="en">{l.failure}</span>
          </p>
        ))}
      {(doing?.what === 'add' || doing?.what === 'change') && <ListForm list={doing.list} close={close} />}
      {doing?.what === 'forget' && doing.list && <Forget name={doing.list.name} close={close} />}
    </Panel>
  );
}

function Source({ of: l }: { of: RevocationList }) {
  const w = useWords(words);
  return l.url ? <code title={l.url}>{l.url.replace(/^https?:\/\//, '')}</code> : <>{w.handedIn}</>;
}

function Acts({ of: l, admin, begin }: { of: RevocationList; admin: boolean; begin: (d: Doing) => void }) {
  const w = useWords(words);
  const operator = useMay('operator');
  const refresh = useMutation({
    mutationFn: () => answer(api.POST('/v1/revocation-lists/{name}/refresh', { params: { path: { name: l.name } } })),
    onSettled: renewLists,
  });
  return (
    <>
      <Group gap={4} justify="flex-end" wrap="nowrap">
        {operator && l.url && (
          <Button size="compact-xs" variant="subtle" loading={refresh.isPending} onClick={() => refresh.mutate()} aria-label={`${w.refresh}: ${l.name}`}>
            {w.refresh}
          </Button>
        )}
        {admin && (
          <>
            <Button size="compact-xs" variant="subtle" onClick={() => begin({ what: 'change', list: l })} aria-label={`${w.newer}: ${l.name}`}>
              {w.newer}
            </Button>
            <Button size="compact-xs" variant="subtle" color="red.8" onClick={() => begin({ what: 'forget', list: l })} aria-label={`${w.forget}: ${l.name}`}>
              {w.forget}
            </Button>
          </>
        )}
      </Group>
      <Refused error={refresh.error} />
    </>
  );
}

function Forget({ name, close }: { name: string; close: () => void }) {
  const w = useWords(words);
  const forget = useMutation({
    mutationFn: () => answer(api.DELETE('/v1/revocation-lists/{name}', { params: { path: { name } } })),
    onSuccess: () => {
      close();
      return renewLists();
    },
  });
  return (
    <Confirm title={w.forgetTitle(name)} act={w.forget} error={forget.error} busy={forget.isPending} close={close} go={() => forget.mutate()}>
      {w.forgetText}
    </Confirm>
  );
}
