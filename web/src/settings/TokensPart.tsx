import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { oneOf } from '../app/search';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { ChoiceFilter, Filters, SearchFilter } from '../parts/Filters';
import { Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { roles } from '../people/session';
import { words as people } from '../people/words';
import { useWords } from '../words/words';
import { NewToken } from './NewToken';
import { RevokeToken } from './RevokeToken';
import styles from './Settings.module.css';
import { tokenTones, type Token } from './tokens';
import { words } from './words';

const route = getRouteApi('/shell/settings/tokens');
const orders = ['name', '-name', 'created', '-created', 'lastUsed', '-lastUsed'] as const;
const states = ['live', 'expired', 'revoked'] as const;

// TokensPart are what scripts show, instead of a name and a password.
export function TokensPart() {
  const w = useWords(words);
  const p = useWords(people);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [doing, setDoing] = useState<{ what: 'add' } | { what: 'revoke'; of: Token }>();
  const { data, error, refetch } = useTokens();
  const narrow = (change: Partial<typeof search>) => void navigate({ search: { ...search, after: undefined, ...change } });
  const close = () => setDoing(undefined);
  const add = (
    <Button size="compact-sm" onClick={() => setDoing({ what: 'add' })}>
      {w.addToken}
    </Button>
  );
  if (error) {
    return <Refused error={error} again={() => void refetch()} />;
  }
  return (
    <>
      <p className={styles.note}>{w.tokensText}</p>
      <Filters>
        <SearchFilter label={w.searchName} value={search.search} onChange={(text) => narrow({ search: text || undefined })} />
        <ChoiceFilter label={w.role} any={w.anyRole} value={search.role} all={roles.map((r) => [r, p[r]] as const)} onChange={(role) => narrow({ role })} />
        <ChoiceFilter label={w.state} any={w.anyState} value={search.state} all={states.map((s) => [s, w[s]] as const)} onChange={(state) => narrow({ state })} />
      </Filters>
      <Panel title={w.tokens} flush act={add}>
        <Table
          label={w.tokens}
          rows={data?.items}
          id={(t) => t.id}
          sort={search.sort ?? '-created'}
          onSort={(sort) => narrow({ sort })}
          columns={[
            { key: 'name', label: w.name, sort: 'name', cell: (t) => t.name },
            { key: 'owner', label: w.owner, cell: (t) => t.owner ?? w.nobody },
            { key: 'role', label: w.role, cell: (t) => p[t.role] },
            { key: 'state', label: w.state, cell: (t) => <Tag tone={tokenTones[t.state]}>{w[t.state]}</Tag> },
            { key: 'networks', label: w.networks, wide: true, cell: (t) => t.networks?.join(', ') ?? w.anywhere },
            { key: 'used', label: w.lastUsed, sort: 'lastUsed', wide: true, cell: (t) => <Ago at={t.lastUsedAt} /> },
            { key: 'expires', label: w.expires, wide: true, cell: (t) => <Ago at={t.expiresAt} /> },
            { key: 'created', label: w.created, sort: 'created', wide: true, cell: (t) => <Ago at={t.createdAt} /> },
            {
              key: 'acts',
              label: '',
              number: true,
              cell: (t) =>
                !t.revokedAt && (
                  <Button size="compact-xs" variant="subtle" color="red.8" aria-label={`${w.revoke}: ${t.name}`} onClick={() => setDoing({ what: 'revoke', of: t })}>
                    {w.revoke}
                  </Button>
                ),
            },
          ]}
          empty={<Empty title={w.noTokens} act={add}>{w.noTokensText}</Empty>}
        />
        <Pager after={search.after} next={data?.next} go={(after) => void navigate({ search: { ...search, after } })} />
      </Panel>
      {doing?.what === 'add' && <NewToken close={close} />}
      {doing?.what === 'revoke' && <RevokeToken of={doing.of} path="/v1/tokens/{name}/revoke" close={close} />}
    </>
  );
}

function useTokens() {
  const { search, role, state, sort, after } = route.useSearch();
  return useQuery({
    queryKey: ['tokens', 'list', { search, role, state, sort, after }],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET('/v1/tokens', {
          params: {
            query: {
              search,
              after,
              limit: 50,
              role: role ? oneOf(role, ...roles) : undefined,
              state: state ? oneOf(state, ...states) : undefined,
              sort: sort ? oneOf(sort, ...orders) : '-created',
            },
          },
        }),
      ),
  });
}
