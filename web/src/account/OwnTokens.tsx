import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { words as people } from '../people/words';
import { NewToken } from '../settings/NewToken';
import { RevokeToken } from '../settings/RevokeToken';
import { tokenTones, type Token } from '../settings/tokens';
import { words as settings } from '../settings/words';
import { useWords } from '../words/words';
import { words } from './words';

// OwnTokens are what the scripts of who is signed in show.
export function OwnTokens() {
  const w = useWords(words);
  const s = useWords(settings);
  const p = useWords(people);
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<Token>();
  const { data, error, refetch } = useQuery({
    queryKey: ['tokens', 'own'],
    queryFn: async () => (await answer(api.GET('/v1/me/tokens', { params: { query: { sort: '-created', limit: 100 } } }))).items,
  });
  const add = (
    <Button size="compact-sm" onClick={() => setAdding(true)}>
      {s.addToken}
    </Button>
  );
  return (
    <Panel title={w.tokens} flush act={add}>
      <Refused error={error} again={() => void refetch()} />
      <Table
        label={w.tokens}
        rows={data}
        id={(t) => t.id}
        columns={[
          { key: 'name', label: s.name, cell: (t) => t.name },
          { key: 'role', label: s.role, cell: (t) => p[t.role] },
          { key: 'state', label: s.state, cell: (t) => <Tag tone={tokenTones[t.state]}>{s[t.state]}</Tag> },
          { key: 'networks', label: s.networks, wide: true, cell: (t) => t.networks?.join(', ') ?? s.anywhere },
          { key: 'used', label: s.lastUsed, wide: true, cell: (t) => <Ago at={t.lastUsedAt} /> },
          { key: 'expires', label: s.expires, wide: true, cell: (t) => <Ago at={t.expiresAt} /> },
          {
            key: 'acts',
            label: '',
            number: true,
            cell: (t) =>
              !t.revokedAt && (
                <Button size="compact-xs" variant="subtle" color="red.8" aria-label={`${s.revoke}: ${t.name}`} onClick={() => setRevoking(t)}>
                  {s.revoke}
                </Button>
              ),
          },
        ]}
        empty={<Empty title={w.noTokens}>{w.noTokensText}</Empty>}
      />
      {adding && <NewToken own close={() => setAdding(false)} />}
      {revoking && <RevokeToken of={revoking} path="/v1/me/tokens/{name}/revoke" close={() => setRevoking(undefined)} />}
    </Panel>
  );
}
