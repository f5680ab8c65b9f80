import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { answer, api, type Schemas } from '../api/client';
import { placeOf } from '../app/search';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { ChoiceFilter, Filters, SearchFilter, TimeFilter } from '../parts/Filters';
import { Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { instant } from '../parts/typed';
import { useWords } from '../words/words';
import { AuditEntry } from './AuditEntry';
import { nouns, things, useDeed } from './audit';
import styles from './Settings.module.css';
import { words } from './words';

const route = getRouteApi('/shell/settings/audit');

// AuditPart is who has changed what, the newest first.
export function AuditPart() {
  const w = useWords(words);
  const thing = useWords(things);
  const deed = useDeed();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useAudit();
  const narrow = (change: Partial<typeof search>) => void navigate({ search: { ...search, after: undefined, entry: undefined, ...change } });
  const narrowed = Boolean(search.actor || search.noun || search.name || search.from || search.to || search.after);
  if (error) {
    return <Refused error={error} again={() => void refetch()} />;
  }
  return (
    <>
      <Filters>
        <SearchFilter label={w.whoExactly} value={search.actor} onChange={(text) => narrow({ actor: text || undefined })} />
        <ChoiceFilter label={w.what} any={w.anything} value={search.noun} all={nouns.map((n) => [n, thing[n]] as const)} onChange={(noun) => narrow({ noun })} />
        <SearchFilter label={w.nameExactly} value={search.name} onChange={(text) => narrow({ name: text || undefined })} />
        <TimeFilter label={w.fromThen} value={search.from} onChange={(from) => narrow({ from })} />
        <TimeFilter label={w.beforeThen} value={search.to} onChange={(to) => narrow({ to })} />
      </Filters>
      <Panel flush>
        <Table
          label={w.audit}
          rows={data?.items}
          id={(e) => String(e.number)}
          columns={[
            { key: 'when', label: w.when, cell: (e) => <Ago at={e.at} /> },
            { key: 'who', label: w.who, cell: (e) => e.actor },
            {
              key: 'what',
              label: w.what,
              cell: (e) => (
                <Link from="/settings/audit" search={{ ...search, entry: String(e.number) }}>
                  {deed(e)}
                </Link>
              ),
            },
            { key: 'name', label: w.which, cell: (e) => <span title={e.name}>{e.name}</span> },
            { key: 'fields', label: w.fields, wide: true, cell: (e) => <span className={styles.key}>{fieldsOf(e).join(', ')}</span> },
            { key: 'remote', label: w.remote, wide: true, cell: (e) => e.remote },
          ]}
          empty={<Empty title={w.noEntries}>{narrowed ? w.noEntriesFound : w.noEntriesText}</Empty>}
        />
        <Pager after={search.after} next={data?.next} go={(after) => void navigate({ search: { ...search, after } })} />
      </Panel>
      {search.entry && <AuditEntry number={search.entry} close={() => void navigate({ search: { ...search, entry: undefined } })} />}
    </>
  );
}

// fieldsOf are the names of the fields that an entry tells of.
export function fieldsOf(e: Schemas['AuditEntry']): string[] {
  return [...new Set([...Object.keys((e.before as object | null) ?? {}), ...Object.keys((e.after as object | null) ?? {})])].sort();
}

function useAudit() {
  const { actor, noun, name, from, to, after } = route.useSearch();
  return useQuery({
    queryKey: ['audit', { actor, noun, name, from, to, after }],
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
    queryFn: () =>
      answer(api.GET('/v1/audit', { params: { query: { actor, noun, name, from: instant(from ?? ''), to: instant(to ?? ''), after: placeOf(after), limit: 50 } } })),
  });
}
