import { Button } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { answer, api } from '../api/client';
import { oneOf } from '../app/search';
import { Empty } from '../parts/Empty';
import { PlusIcon } from '../parts/icons';
import { LongTable } from '../parts/LongTable';
import { Page, Panel } from '../parts/Page';
import { useSelection } from '../parts/useSelection';
import { useMay } from '../people/session';
import { useLanguage, useWords } from '../words/words';
import type { Act } from './acts';
import { chosenColumns, keepColumns, useColumns } from './columns';
import { DeviceFilters } from './DeviceFilters';
import { often, orders, page, queryOf, rare, type Device, type Search } from './list';
import { words } from './words';

const ColumnChoice = lazy(() => import('./ColumnChoice'));
const DevicesTogether = lazy(() => import('./DevicesTogether'));
const TogetherDialog = lazy(() => import('./TogetherDialog'));

const route = getRouteApi('/shell/devices');
const id = (d: Device) => d.id;
const name = (d: Device) => d.name;

export function DevicesPage() {
  const w = useWords(words);
  const may = useMay('operator');
  const { columns, ...shown } = route.useSearch();
  const navigate = route.useNavigate();
  const visit = useRouterState({ select: (s) => s.location.state.__TSR_key });
  const narrow = (change: Partial<Search>) => void navigate({ search: { ...shown, columns, ...change } });
  const chosen = chosenColumns(columns, useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false }) ?? false);
  const selection = useSelection(id);
  const [act, setAct] = useState<Act>(); // that is done with those that are chosen
  const add = may && (
    <Button leftSection={<PlusIcon size={15} />} renderRoot={(props) => <Link to="/add-device" {...props} />}>
      {w.add}
    </Button>
  );
  const narrowed = [...often, ...rare].some((c) => shown[c]);
  return (
    <Page title={w.title} act={add} full>
      <DeviceFilters search={shown} narrow={narrow} />
      <Panel
        flush
        title={selection.all.size > 0 ? w.selected(selection.all.size) : <Count search={shown} />}
        act={
          <Suspense fallback={<span />}>
            {selection.all.size > 0 ? (
              <DevicesTogether search={shown} selection={selection} begin={setAct} />
            ) : (
              <ColumnChoice chosen={chosen} choose={(now) => void navigate({ replace: true, search: { ...shown, columns: keepColumns(now) } })} />
            )}
          </Suspense>
        }
      >
        <LongTable
          label={w.title}
          columns={useColumns(chosen.join(','))}
          source={{ key: ['devices', 'list', shown], size: 200, page: (after) => page(shown, after, 200) }}
          place={[visit, shown]}
          id={id}
          name={name}
          sort={oneOf(shown.sort, ...orders)}
          onSort={(sort) => narrow({ sort })}
          selection={may ? selection : undefined}
          onEnter={() => document.querySelector<HTMLElement>('#together [aria-haspopup]')?.focus()}
          empty={
            narrowed ? (
              <Empty title={w.noneFound}>{w.noneFoundText}</Empty>
            ) : (
              <Empty title={w.none} act={add}>
                {w.noneText}
              </Empty>
            )
          }
        />
      </Panel>
      <Suspense>{act && <TogetherDialog act={act} selection={selection} close={() => setAct(undefined)} />}</Suspense>
    </Page>
  );
}

// Count says how many devices match.
function Count({ search }: { search: Search }) {
  const w = useWords(words);
  const language = useLanguage();
  const { data } = useQuery({
    queryKey: ['devices', 'count', search],
    refetchInterval: 15_000,
    queryFn: () => answer(api.GET('/v1/devices', { params: { query: { ...queryOf(search, Date.now()), limit: 1, count: true } } })),
  });
  if (data?.count === undefined) {
    return null;
  }
  const n = data.count.toLocaleString(language);
  return data.countIsLeast ? w.countLeast(n) : w.count(n);
}
