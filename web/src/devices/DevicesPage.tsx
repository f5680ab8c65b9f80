import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { answer, api, type Schemas } from '../api/client';
import { oneOf } from '../app/search';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { ChoiceFilter, Filters, SearchFilter } from '../parts/Filters';
import { PlusIcon } from '../parts/icons';
import { Page, Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table, type Column } from '../parts/Table';
import { useMay } from '../people/session';
import { useProfileNames } from '../profiles/queries';
import { useLanguage, useWords } from '../words/words';
import { State } from './State';
import { words } from './words';

type Device = Schemas['Device'];

const route = getRouteApi('/shell/devices');
const states = ['listed', 'active', 'suspended'] as const;
const orders = ['name', '-name', 'created', '-created', 'provisioned', '-provisioned'] as const;
const pageSize = 50;

export function DevicesPage() {
  const w = useWords(words);
  const may = useMay('operator');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, isPlaceholderData } = useDevices();
  const profiles = useProfileNames();
  const narrow = (change: Partial<typeof search>) => void navigate({ search: { ...search, after: undefined, ...change } });
  const narrowed = Boolean(search.search || search.profile || search.state || search.connected);
  const add = may && (
    <Button leftSection={<PlusIcon size={15} />} renderRoot={(props) => <Link to="/add-device" {...props} />}>
      {w.add}
    </Button>
  );
  return (
    <Page title={w.title} act={add}>
      <Filters>
        <SearchFilter label={w.search} value={search.search} onChange={(text) => narrow({ search: text || undefined })} />
        <ChoiceFilter label={w.profile} any={w.anyProfile} value={search.profile} all={profiles.map((p) => [p, p] as const)} onChange={(v) => narrow({ profile: v })} />
        <ChoiceFilter label={w.state} any={w.anyState} value={search.state} all={states.map((s) => [s, w[s]] as const)} onChange={(v) => narrow({ state: v })} />
        <ChoiceFilter
          label={w.connection}
          any={w.anyConnection}
          value={search.connected}
          all={[['true', w.connected] as const, ['false', w.away] as const]}
          onChange={(v) => narrow({ connected: v })}
        />
      </Filters>
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <Panel flush>
          <div style={{ opacity: isPlaceholderData ? 0.55 : 1 }}>
            <Table
              label={w.title}
              columns={useColumns()}
              rows={data?.items}
              id={(d) => d.id}
              sort={search.sort ?? 'name'}
              onSort={(sort) => narrow({ sort })}
              empty={
                narrowed || search.after ? (
                  <Empty title={w.noneFound}>{w.noneFoundText}</Empty>
                ) : (
                  <Empty title={w.none} act={add}>
                    {w.noneText}
                  </Empty>
                )
              }
            />
          </div>
          <Pager after={search.after} next={data?.next} go={(after) => void navigate({ search: { ...search, after } })}>
            <Count list={data} />
          </Pager>
        </Panel>
      )}
    </Page>
  );
}

function useDevices() {
  const { search, profile, state, connected, sort, after } = route.useSearch();
  return useQuery({
    queryKey: ['devices', 'list', { search, profile, state, connected, sort, after }],
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
    queryFn: () =>
      answer(
        api.GET('/v1/devices', {
          params: {
            query: {
              search,
              profile,
              after,
              limit: pageSize,
              count: true,
              state: state ? oneOf(state, ...states) : undefined,
              connected: connected ? oneOf(connected, 'true', 'false') : undefined,
              sort: oneOf(sort, ...orders),
            },
          },
        }),
      ),
  });
}

function useColumns(): Column<Device>[] {
  const w = useWords(words);
  return [
    {
      key: 'name',
      label: w.name,
      sort: 'name',
      cell: (d) => (
        <Link to="/devices/$name" params={{ name: d.name }}>
          {d.name}
        </Link>
      ),
    },
    { key: 'state', label: w.state, cell: (d) => <State device={d} /> },
    { key: 'profile', label: w.profile, cell: (d) => d.profile },
    { key: 'label', label: w.label, wide: true, cell: (d) => d.label },
    { key: 'provisioned', label: w.provisioned, sort: 'provisioned', wide: true, cell: (d) => d.provisionedAt && <Ago at={d.provisionedAt} /> },
    { key: 'created', label: w.created, sort: 'created', wide: true, cell: (d) => <Ago at={d.createdAt} /> },
  ];
}

function Count({ list }: { list: Schemas['DeviceList'] | undefined }) {
  const w = useWords(words);
  const language = useLanguage();
  if (!list?.count) {
    return null;
  }
  const n = list.count.toLocaleString(language);
  return list.countIsLeast ? w.countLeast(n) : w.count(n);
}
