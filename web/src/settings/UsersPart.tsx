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
import { roles, useMe } from '../people/session';
import { words as people } from '../people/words';
import { useWords } from '../words/words';
import { NewUser } from './NewUser';
import styles from './Settings.module.css';
import { UserActs } from './UserActs';
import { words } from './words';

const route = getRouteApi('/shell/settings/users');
const orders = ['name', '-name', 'created', '-created', 'lastLogin', '-lastLogin'] as const;

// UsersPart are the people, and what each may do.
export function UsersPart() {
  const w = useWords(words);
  const p = useWords(people);
  const me = useMe();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useUsers();
  const narrow = (change: Partial<typeof search>) => void navigate({ search: { ...search, after: undefined, ...change } });
  if (error) {
    return <Refused error={error} again={() => void refetch()} />;
  }
  return (
    <>
      <p className={styles.note}>{w.usersText}</p>
      <Filters>
        <SearchFilter label={w.searchName} value={search.search} onChange={(text) => narrow({ search: text || undefined })} />
        <ChoiceFilter label={w.role} any={w.anyRole} value={search.role} all={roles.map((r) => [r, p[r]] as const)} onChange={(role) => narrow({ role })} />
        <ChoiceFilter
          label={w.state}
          any={w.anyState}
          value={search.disabled}
          all={[['false', w.enabled] as const, ['true', w.disabled] as const]}
          onChange={(disabled) => narrow({ disabled })}
        />
      </Filters>
      <Panel
        title={w.users}
        flush
        act={
          <Button size="compact-sm" onClick={() => setAdding(true)}>
            {w.addUser}
          </Button>
        }
      >
        <Table
          label={w.users}
          rows={data?.items}
          id={(u) => u.id}
          sort={search.sort ?? 'name'}
          onSort={(sort) => narrow({ sort })}
          columns={[
            { key: 'name', label: w.name, sort: 'name', cell: (u) => (u.id === me.user ? w.you(u.name) : u.name) },
            { key: 'role', label: w.role, cell: (u) => p[u.role] },
            { key: 'state', label: w.state, cell: (u) => <Tag tone={u.disabled ? 'bad' : 'good'}>{u.disabled ? w.disabled : w.enabled}</Tag> },
            { key: 'way', label: w.signsIn, wide: true, cell: (u) => (u.elsewhere ? w.elsewhere : w.withPassword) },
            { key: 'last', label: w.lastLogin, sort: 'lastLogin', wide: true, cell: (u) => <Ago at={u.lastLoginAt} /> },
            { key: 'created', label: w.created, sort: 'created', wide: true, cell: (u) => <Ago at={u.createdAt} /> },
            { key: 'acts', label: '', number: true, cell: (u) => <UserActs user={u} /> },
          ]}
          empty={<Empty title={w.noUsers}>{w.noUsersText}</Empty>}
        />
        <Pager after={search.after} next={data?.next} go={(after) => void navigate({ search: { ...search, after } })} />
      </Panel>
      {adding && <NewUser close={() => setAdding(false)} />}
    </>
  );
}

function useUsers() {
  const { search, role, disabled, sort, after } = route.useSearch();
  return useQuery({
    queryKey: ['users', 'list', { search, role, disabled, sort, after }],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET('/v1/users', {
          params: {
            query: {
              search,
              after,
              limit: 50,
              role: role ? oneOf(role, ...roles) : undefined,
              disabled: disabled ? oneOf(disabled, 'true', 'false') : undefined,
              sort: oneOf(sort, ...orders),
            },
          },
        }),
      ),
  });
}
