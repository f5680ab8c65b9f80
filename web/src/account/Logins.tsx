import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, queries, type Schemas } from '../api/client';
import { Ago } from '../parts/Ago';
import { Confirm } from '../parts/Confirm';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { useWords } from '../words/words';
import { browserOf } from './browser';
import { words } from './words';

type Login = Schemas['Login'];

// Logins are the browsers that somebody is signed in with. Each can be signed out from here.
export function Logins({ name }: { name: string }) {
  const w = useWords(words);
  const [ending, setEnding] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ['logins', name],
    refetchInterval: 15_000,
    queryFn: async () => (await answer(api.GET('/v1/logins', { params: { query: { user: name, sort: '-seen', limit: 100 } } }))).items,
  });
  const end = useMutation({
    mutationFn: (ids: string[]) => Promise.all(ids.map((id) => answer(api.DELETE('/v1/logins/{id}', { params: { path: { id } } })))),
    onSettled: () => {
      setEnding(false);
      return queries.invalidateQueries({ queryKey: ['logins'] });
    },
  });
  const others = (data ?? []).filter((l) => !l.current);
  return (
    <Panel
      title={w.logins}
      flush
      act={
        others.length > 0 && (
          <Button size="compact-sm" variant="default" onClick={() => setEnding(true)}>
            {w.endOthers}
          </Button>
        )
      }
    >
      <Refused error={error} again={() => void refetch()} />
      <Refused error={end.error} again={() => end.mutate((end.variables ?? []).filter((id) => data?.some((l) => l.id === id)))} />
      <Table
        label={w.logins}
        rows={data}
        id={(l) => l.id}
        columns={[
          { key: 'browser', label: w.browser, cell: (l) => <Browser of={l} /> },
          { key: 'from', label: w.from, wide: true, cell: (l) => l.remote },
          { key: 'since', label: w.since, wide: true, cell: (l) => <Ago at={l.createdAt} /> },
          { key: 'seen', label: w.seen, cell: (l) => <Ago at={l.seenAt} /> },
          { key: 'until', label: w.until, wide: true, cell: (l) => <Ago at={l.expiresAt} /> },
          {
            key: 'acts',
            label: '',
            number: true,
            cell: (l) =>
              l.current ? (
                w.thisOne
              ) : (
                <Button size="compact-xs" variant="subtle" color="red.8" aria-label={`${w.end}: ${browserOf(l.agent)}`} disabled={end.isPending} onClick={() => end.mutate([l.id])}>
                  {w.end}
                </Button>
              ),
          },
        ]}
      />
      {ending && (
        <Confirm title={w.endOthersTitle} act={w.endOthers} error={end.error} busy={end.isPending} close={() => setEnding(false)} go={() => end.mutate(others.map((l) => l.id))}>
          {w.endOthersText(others.length)}
        </Confirm>
      )}
    </Panel>
  );
}

function Browser({ of }: { of: Login }) {
  const w = useWords(words);
  const name = browserOf(of.agent) || w.unknownBrowser;
  return (
    <span title={of.agent}>
      <Tag tone={of.current ? 'good' : 'quiet'}>{name}</Tag>
    </span>
  );
}
