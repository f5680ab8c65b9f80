import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { oneOf } from '../app/search';
import { Empty } from '../parts/Empty';
import { Page, Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tabs } from '../parts/Tabs';
import { Tag } from '../parts/Tag';
import { useLanguage, useWords } from '../words/words';
import { useAttemptColumns } from './columns';
import styles from './Journal.module.css';
import { JournalFilters } from './JournalFilters';
import { attemptsQuery } from './queries';
import { crowds, isNarrowed, type Search } from './search';
import { useArrivals } from './useArrivals';
import { useHold } from './useHold';
import { words } from './words';

const route = getRouteApi('/shell/why');

export function JournalPage() {
  const w = useWords(words);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, isPlaceholderData } = useQuery(attemptsQuery(search));
  const [paused, setPaused] = useState(false);
  const { isHeld, hold } = useHold();
  const arrivals = useArrivals(search, () => paused || Boolean(search.after) || isHeld());
  const narrow = (change: Partial<Search>) => void navigate({ search: { ...search, after: undefined, ...change } });
  const showNew = () => {
    if (search.after) {
      narrow({});
    } else {
      arrivals.show();
    }
  };
  return (
    <Page title={w.title}>
      <Tabs label={w.who}>
        {crowds.map((who) => (
          <Link
            key={who}
            to="/why"
            search={{ ...search, who: who === 'all' ? undefined : who, after: undefined }}
            activeOptions={{ exact: true }}
            aria-current={who === oneOf(search.who, ...crowds) ? 'page' : undefined}
          >
            {w[`who${who}`]}
          </Link>
        ))}
      </Tabs>
      {search.who === 'strangers' && <p className={styles.note}>{w.strangersText}</p>}
      <JournalFilters search={search} narrow={narrow} />
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <Panel title={w.list} flush act={<Live {...arrivals} paused={paused} pause={setPaused} show={showNew} />}>
          <div className={isPlaceholderData ? styles.waits : undefined} {...hold}>
            <Table
              label={w.list}
              columns={useAttemptColumns()}
              rows={data?.items}
              id={(a) => String(a.number)}
              empty={isNarrowed(search) ? <Empty title={w.noneFound}>{w.noneFoundText}</Empty> : <Empty title={w.none}>{w.noneText}</Empty>}
            />
          </div>
          <Pager after={search.after} next={data?.next} go={(after) => void navigate({ search: { ...search, after } })} />
        </Panel>
      )}
    </Page>
  );
}

interface LiveProps {
  live: boolean;
  count: number;
  paused: boolean;
  pause: (is: boolean) => void;
  show: () => void;
}

// Live says whether the list is live, and offers what has come while it was held.
function Live({ live, count, paused, pause, show }: LiveProps) {
  const w = useWords(words);
  const language = useLanguage();
  return (
    <div className={styles.live}>
      {count > 0 && (
        <Button size="compact-sm" onClick={show}>
          {w.fresh(count.toLocaleString(language))}
        </Button>
      )}
      {live && <Tag tone={paused ? 'quiet' : 'good'}>{paused ? w.paused : w.live}</Tag>}
      <Button size="compact-sm" variant="default" onClick={() => pause(!paused)}>
        {paused ? w.goOn : w.pause}
      </Button>
    </div>
  );
}
