import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { oneOf } from '../app/search';
import { useEvents } from '../live/useEvents';
import { Empty } from '../parts/Empty';
import { ChoiceFilter, Filters, SearchFilter } from '../parts/Filters';
import { Page, Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tabs } from '../parts/Tabs';
import { useMay } from '../people/session';
import { useProfileNames } from '../profiles/queries';
import { useLanguage, useWords } from '../words/words';
import { Bulk } from './Bulk';
import { usePendingColumns } from './columns';
import { DecideMany } from './DecideMany';
import { pendingQuery, renewPending, states, type Search } from './queries';
import { useDecision, type Decision } from './useDecision';
import styles from './Waiting.module.css';
import { words } from './words';

const route = getRouteApi('/shell/waiting');

export function WaitingPage() {
  const w = useWords(words);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const state = oneOf(search.state, ...states);
  const narrow = (change: Partial<Search>) => void navigate({ search: { ...search, after: undefined, ...change } });
  const profiles = useProfileNames();
  useEvents({ kind: ['attempts'], reason: 'provision-pending' }, { hear: renewPending, missed: renewPending });
  return (
    <Page title={w.title} about={w.about}>
      <Tabs label={w.states}>
        {states.map((s) => (
          <Link
            key={s}
            to="/waiting"
            search={{ ...search, state: s === 'waiting' ? undefined : s, after: undefined }}
            activeOptions={{ exact: true }}
            aria-current={s === state ? 'page' : undefined}
          >
            {w[s]}
          </Link>
        ))}
      </Tabs>
      <Filters>
        <SearchFilter label={w.name} value={search.name} onChange={(name) => narrow({ name: name || undefined })} />
        <ChoiceFilter label={w.profile} any={w.anyProfile} value={search.profile} all={profiles.map((p) => [p, p] as const)} onChange={(profile) => narrow({ profile })} />
      </Filters>
      <Room key={JSON.stringify(search)} search={search} go={(after) => void navigate({ search: { ...search, after } })} />
    </Page>
  );
}

// Room is a page of those who wait, or of those about whom somebody has decided.
function Room({ search, go }: { search: Search; go: (after: string | undefined) => void }) {
  const w = useWords(words);
  const language = useLanguage();
  const may = useMay('operator');
  const state = oneOf(search.state, ...states);
  const { data, error, refetch, isPlaceholderData } = useQuery(pendingQuery(search));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<Decision>();
  const [said, setSaid] = useState('');
  const decision = useDecision(({ verb, those }, { decided, left }) => {
    setAsking(undefined);
    setSelected(new Set());
    const [first] = those;
    const n = decided.toLocaleString(language);
    setSaid([those.length === 1 && first && verb === 'approve' && decided === 1 ? w.doneOne(first.name) : w.done(n), left > 0 ? w.left(left.toLocaleString(language)) : ''].join(' '));
  });
  const select = (ids: string[], is: boolean) => {
    setSelected((was) => new Set(is ? [...was, ...ids] : [...was].filter((id) => !ids.includes(id))));
  };
  const ask = (d: Decision) => {
    decision.reset();
    setAsking(d);
  };
  const rows = data?.items;
  const columns = usePendingColumns(state, { selected, select: (id, is) => select([id], is), decide: (verb, of) => decision.mutate({ verb, those: [of] }) });
  return (
    <>
      <Refused error={error ?? (asking ? undefined : decision.error)} again={error ? () => void refetch() : undefined} />
      {said && (
        <p className={styles.said} role="status">
          {said}
        </p>
      )}
      {!error && (
        <Panel flush>
          {may && rows && rows.length > 0 && <Bulk state={state} rows={rows} profile={search.name ? undefined : search.profile} selected={selected} select={select} ask={ask} />}
          <div className={isPlaceholderData ? styles.waits : undefined}>
            <Table label={w.title} columns={columns} rows={rows} id={(p) => p.id} empty={<Nobody search={search} />} />
          </div>
          <Pager after={search.after} next={data?.next} go={go} />
        </Panel>
      )}
      {asking && <DecideMany decision={asking} error={decision.error} busy={decision.isPending} close={() => setAsking(undefined)} go={() => decision.mutate(asking)} />}
    </>
  );
}

function Nobody({ search }: { search: Search }) {
  const w = useWords(words);
  const state = oneOf(search.state, ...states);
  if (search.name || search.profile || search.after) {
    return <Empty title={w.noneFound}>{w.noneFoundText}</Empty>;
  }
  if (state !== 'waiting') {
    return <Empty title={w[`none${state}`]}>{w[`none${state}Text`]}</Empty>;
  }
  return (
    <Empty title={w.none} act={<Button variant="default" renderRoot={(props) => <Link to="/profiles" {...props} />}>{w.toProfiles}</Button>}>
      {w.noneText}
    </Empty>
  );
}
