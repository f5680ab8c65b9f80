import { useQuery } from '@tanstack/react-query';
import { ChoiceFilter, Filters, SearchFilter } from '../parts/Filters';
import { useProfileNames } from '../profiles/queries';
import { useLanguage, useWords } from '../words/words';
import { reasonsQuery } from './queries';
import { RemoteFilter } from './RemoteFilter';
import { actions, transportName, transports, type Search } from './search';
import { words } from './words';

export function JournalFilters({ search, narrow }: { search: Search; narrow: (change: Partial<Search>) => void }) {
  const w = useWords(words);
  const profiles = useProfileNames();
  const reasons = useReasons(search.reason);
  return (
    <Filters>
      <SearchFilter label={w.name} value={search.name} onChange={(name) => narrow({ name: name || undefined })} />
      <RemoteFilter value={search.remote} onChange={(remote) => narrow({ remote: remote || undefined })} />
      <ChoiceFilter label={w.reason} any={w.anyReason} value={search.reason} all={reasons} onChange={(reason) => narrow({ reason })} />
      <ChoiceFilter
        label={w.outcome}
        any={w.refused}
        value={search.outcome}
        all={[['admitted', w.admitted] as const, ['any', w.anyOutcome] as const]}
        onChange={(outcome) => narrow({ outcome })}
      />
      <ChoiceFilter label={w.profile} any={w.anyProfile} value={search.profile} all={profiles.map((p) => [p, p] as const)} onChange={(profile) => narrow({ profile })} />
      <ChoiceFilter label={w.action} any={w.anyAction} value={search.action} all={actions.map((a) => [a, w[`action${a}`]] as const)} onChange={(action) => narrow({ action })} />
      <ChoiceFilter
        label={w.transport}
        any={w.anyTransport}
        value={search.transport}
        all={transports.map((t) => [t, transportName(t)] as const)}
        onChange={(transport) => narrow({ transport })}
      />
    </Filters>
  );
}

// useReasons returns why attempts were refused lately, and the reason that is chosen.
function useReasons(chosen: string | undefined): [code: string, label: string][] {
  const w = useWords(words);
  const language = useLanguage();
  const { data = [] } = useQuery(reasonsQuery);
  const all = data.map(([code, n]): [string, string] => [code, w.ofDay(code, n.toLocaleString(language))]);
  return chosen && !all.some(([code]) => code === chosen) ? [...all, [chosen, chosen]] : all;
}
