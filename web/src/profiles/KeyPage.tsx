import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { Facts } from '../parts/Facts';
import { Filters, TimeFilter } from '../parts/Filters';
import { Rows } from '../parts/Loading';
import { Page, Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { instant } from '../parts/typed';
import { useMay } from '../people/session';
import { useLanguage, useWords } from '../words/words';
import { KeyState, KeyWindow } from './KeyState';
import { keyWords } from './keyWords';
import { NewSweep } from './NewSweep';
import { keyQuery } from './queries';
import { Sweeps } from './Sweeps';

const route = getRouteApi('/shell/profiles/$name/keys/$key');

// KeyPage is what a key has let in, and when; and how that is taken back, such as what came with a stolen one.
export function KeyPage() {
  const w = useWords(keyWords);
  const language = useLanguage();
  const may = useMay('operator');
  const { name, key: id } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [sweeping, setSweeping] = useState(false);
  const { data: key, error } = useQuery(keyQuery(id));
  const letIn = useLetIn();
  const first = useFirst();
  const narrow = (change: Partial<typeof search>) => void navigate({ search: { ...search, after: undefined, ...change } });
  const number = (n: number) => n.toLocaleString(language);
  const act = may && Boolean(first) && (
    <Button size="compact-sm" variant="default" onClick={() => setSweeping(true)}>
      {w.sweep}
    </Button>
  );
  return (
    <Page title={key?.key ?? '…'} back={{ to: '/profiles/$name', params: { name }, label: name }} about={w.keyAbout}>
      <Refused error={error ?? letIn.error} again={() => void letIn.refetch()} />
      {!error && (
        <>
          <Panel>
            {key ? (
              <Facts
                all={[
                  [w.state, <KeyState key="state" of={key} />],
                  [w.letIn, key.maxDevices ? w.ofMost(number(key.devices), number(key.maxDevices)) : number(key.devices)],
                  [w.window, <KeyWindow key="window" of={key} />],
                  [w.rate, key.rate && number(key.rate)],
                  [w.networks, key.networks?.join(', ')],
                  [w.namePattern, key.namePattern && <code key="pattern">{key.namePattern}</code>],
                  [w.oldSecret, key.formerSecretUntil && <Ago key="former" at={key.formerSecretUntil} />],
                  [w.created, <Ago key="created" at={key.createdAt} />],
                ]}
              />
            ) : (
              <Rows count={2} />
            )}
          </Panel>
          <Filters>
            <TimeFilter label={w.letInFrom} value={search.from} onChange={(from) => narrow({ from })} />
            <TimeFilter label={w.until} value={search.to} onChange={(to) => narrow({ to })} />
          </Filters>
          <Panel title={w.whatLetIn} flush act={act}>
            <Table
              label={w.whatLetIn}
              rows={letIn.data?.items}
              id={(d) => d.id}
              columns={[
                {
                  key: 'name',
                  label: w.name,
                  cell: (d) => (
                    <Link to="/devices/$name" params={{ name: d.name }}>
                      {d.name}
                    </Link>
                  ),
                },
                { key: 'state', label: w.state, cell: (d) => <Tag tone={d.state === 'suspended' ? 'bad' : 'quiet'}>{w[`device${d.state}`]}</Tag> },
                { key: 'connected', label: w.connectionNow, wide: true, cell: (d) => (d.connected ? w.connected : w.away) },
                { key: 'when', label: w.letIn, cell: (d) => <Ago at={d.provisionedAt} /> },
              ]}
              empty={<Empty title={w.nobodyLetIn}>{search.from || search.to ? w.nobodyThen : w.nobodyYet}</Empty>}
            />
            <Pager after={search.after} next={letIn.data?.next} go={(after) => void navigate({ search: { ...search, after } })}>
              {first ? w.devicesCount(number(first)) : undefined}
            </Pager>
          </Panel>
          {key && <Sweeps of={key.id} />}
        </>
      )}
      {sweeping && key && <NewSweep of={key} from={search.from} to={search.to} count={number(first ?? 0)} close={() => setSweeping(false)} />}
    </Page>
  );
}

function useLetIn() {
  const { key } = route.useParams();
  const { from, to, after } = route.useSearch();
  return useQuery({
    queryKey: ['profiles', 'let-in', key, { from, to, after }],
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
    queryFn: () =>
      answer(api.GET('/v1/provision-keys/{key}/devices', { params: { path: { key }, query: { from: instant(from ?? ''), to: instant(to ?? ''), after, limit: 50 } } })),
  });
}

// useFirst returns how many there are, which the first page alone says.
function useFirst(): number | undefined {
  const { key } = route.useParams();
  const { from, to } = route.useSearch();
  const { data } = useQuery({
    queryKey: ['profiles', 'let-in-count', key, { from, to }],
    queryFn: () => answer(api.GET('/v1/provision-keys/{key}/devices', { params: { path: { key }, query: { from: instant(from ?? ''), to: instant(to ?? ''), limit: 1 } } })),
  });
  return data?.count;
}
