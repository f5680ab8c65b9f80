import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { answer, api } from '../api/client';
import { oneOf } from '../app/search';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { ChoiceFilter, Filters, SearchFilter } from '../parts/Filters';
import { Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useLanguage, useWords } from '../words/words';
import { Phase } from './Phase';
import { words } from './words';

const route = getRouteApi('/shell/bulk');
const states = ['waiting', 'running', 'done', 'cancelled', 'failed'] as const;
const orders = ['-created', 'created', 'file', '-file'] as const;

// History is what was imported before.
export function History() {
  const w = useWords(words);
  const language = useLanguage();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useImports();
  const narrow = (change: Partial<typeof search>) => void navigate({ to: '/bulk', search: { ...search, after: undefined, ...change } });
  const number = (n: number) => n.toLocaleString(language);
  return (
    <>
      <Filters>
        <SearchFilter label={w.search} value={search.search} onChange={(text) => narrow({ search: text || undefined })} />
        <ChoiceFilter label={w.state} any={w.anyState} value={search.state} all={states.map((s) => [s, w[s]] as const)} onChange={(state) => narrow({ state })} />
      </Filters>
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <Panel title={w.history} flush>
          <Table
            label={w.history}
            rows={data?.items}
            id={(i) => i.id}
            sort={search.sort ?? '-created'}
            onSort={(sort) => narrow({ sort })}
            columns={[
              {
                key: 'file',
                label: w.file,
                sort: 'file',
                cell: (i) => (
                  <Link to="/bulk/$id" params={{ id: i.id }}>
                    {i.file || w.import}
                  </Link>
                ),
              },
              { key: 'state', label: w.state, cell: (i) => <Phase of={i} /> },
              { key: 'created', label: w.created, number: true, wide: true, cell: (i) => number(i.created) },
              { key: 'updated', label: w.updated, number: true, wide: true, cell: (i) => number(i.updated) },
              { key: 'failed', label: w.failed, number: true, cell: (i) => number(i.failed) },
              { key: 'by', label: w.by, wide: true, cell: (i) => i.by },
              { key: 'when', label: w.when, sort: 'created', wide: true, cell: (i) => <Ago at={i.createdAt} /> },
            ]}
            empty={search.search || search.state ? <Empty title={w.noneFound} /> : <Empty title={w.none}>{w.noneText}</Empty>}
          />
          <Pager after={search.after} next={data?.next} go={(after) => void navigate({ to: '/bulk', search: { ...search, after } })} />
        </Panel>
      )}
    </>
  );
}

function useImports() {
  const { search, state, sort, after } = route.useSearch();
  return useQuery({
    queryKey: ['imports', 'list', { search, state, sort, after }],
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
    queryFn: () =>
      answer(api.GET('/v1/imports', { params: { query: { search, after, limit: 25, state: state ? oneOf(state, ...states) : undefined, sort: oneOf(sort, ...orders) } } })),
  });
}
