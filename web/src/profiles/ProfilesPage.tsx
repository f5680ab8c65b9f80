import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { answer, api } from '../api/client';
import { oneOf } from '../app/search';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { ChoiceFilter, Filters, SearchFilter } from '../parts/Filters';
import { PlusIcon } from '../parts/icons';
import { Page, Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { strategies } from './draft';
import { fieldWords } from './fieldWords';
import { words } from './words';

const route = getRouteApi('/shell/profiles');
const orders = ['name', '-name', 'created', '-created'] as const;

export function ProfilesPage() {
  const w = useWords(words);
  const f = useWords(fieldWords);
  const may = useMay('operator');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useProfiles();
  const narrow = (change: Partial<typeof search>) => void navigate({ search: { ...search, after: undefined, ...change } });
  return (
    <Page
      title={w.title}
      act={
        may && (
          <Button leftSection={<PlusIcon size={15} />} renderRoot={(props) => <Link to="/add-profile" {...props} />}>
            {w.add}
          </Button>
        )
      }
    >
      <Filters>
        <SearchFilter label={w.search} value={search.search} onChange={(text) => narrow({ search: text || undefined })} />
        <ChoiceFilter label={f.strategy} any={w.anyStrategy} value={search.strategy} all={strategies.map((s) => [s, f[`strategy${s}`]] as const)} onChange={(strategy) => narrow({ strategy })} />
      </Filters>
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <Panel flush>
          <Table
            label={w.title}
            rows={data?.items}
            id={(p) => p.id}
            sort={search.sort ?? 'name'}
            onSort={(sort) => narrow({ sort })}
            columns={[
              {
                key: 'name',
                label: w.name,
                sort: 'name',
                cell: (p) => (
                  <Link to="/profiles/$name" params={{ name: p.name }}>
                    {p.name}
                  </Link>
                ),
              },
              { key: 'strategy', label: f.strategy, cell: (p) => f[`strategy${p.strategy}`] },
              { key: 'description', label: f.description, wide: true, cell: (p) => p.description },
              { key: 'created', label: w.created, sort: 'created', wide: true, cell: (p) => <Ago at={p.createdAt} /> },
            ]}
            empty={<Empty title={w.none}>{w.noneText}</Empty>}
          />
          <Pager after={search.after} next={data?.next} go={(after) => void navigate({ search: { ...search, after } })} />
        </Panel>
      )}
    </Page>
  );
}

function useProfiles() {
  const { search, strategy, sort, after } = route.useSearch();
  return useQuery({
    queryKey: ['profiles', 'list', { search, strategy, sort, after }],
    placeholderData: keepPreviousData,
    queryFn: () =>
      answer(
        api.GET('/v1/profiles', {
          params: { query: { search, after, limit: 50, strategy: strategy ? oneOf(strategy, ...strategies) : undefined, sort: oneOf(sort, ...orders) } },
        }),
      ),
  });
}
