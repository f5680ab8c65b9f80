import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { answer, api } from '../api/client';
import { oneOf } from '../app/search';
import { Certificates } from '../certificates/Certificates';
import { useSigners } from '../certificates/queries';
import { kinds } from '../devices/evidence';
import { words as deviceWords } from '../devices/words';
import { Empty } from '../parts/Empty';
import { ChoiceFilter, Filters } from '../parts/Filters';
import { Rows } from '../parts/Loading';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useLanguage, useWords } from '../words/words';
import { Bars } from './Bars';
import { Ending } from './Ending';
import { spans, type Ending as Count } from './spans';
import { Sums } from './Sums';
import { words } from './words';

const route = getRouteApi('/shell/certificates/expiry');
const ranges = ['90', '30', '365'] as const;
const others = 'none'; // by no key of the built-in authority

// ExpiryPage shows how many credentials end when, by profile, kind and authority.
export function ExpiryPage() {
  const w = useWords(words);
  const d = useWords(deviceWords);
  const language = useLanguage();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const days = Number(oneOf(search.days, ...ranges));
  const { data, error, refetch, dataUpdatedAt } = useQuery({
    queryKey: ['certificates', 'forecast', days],
    refetchInterval: 60_000,
    queryFn: () => answer(api.GET('/v1/credentials/forecast', { params: { query: { days } } })),
  });
  const signers = useSigners();
  const narrow = (change: Partial<typeof search>) => void navigate({ search: { ...search, from: undefined, after: undefined, ...change } });
  const all = data?.items ?? [];
  const wanted = all.filter(
    (e) => (!search.profile || e.profile === search.profile) && (!search.kind || e.kind === search.kind) && (!search.authority || (e.authority ?? others) === search.authority),
  );
  const parts = spans(wanted, days, dataUpdatedAt || Date.now());
  const chosen = parts.find((p) => p.from === search.from);
  const count = wanted.reduce((sum, e) => sum + e.count, 0);
  const names = [...new Set(all.map((e) => e.profile))].sort();
  const keys = [...new Set(all.map((e) => e.authority ?? others))];
  const signer = (key: Count['authority']) => (!key || key === others ? w.noSigner : (signers.get(key)?.subject ?? key.slice(0, 12)));
  return (
    <Certificates>
      <Filters>
        <ChoiceFilter label={w.range} any={w.rangeDays('90')} value={search.days} all={[['30', w.rangeDays('30')] as const, ['365', w.rangeDays('365')] as const]} onChange={(v) => narrow({ days: v })} />
        <ChoiceFilter label={w.profile} any={w.anyProfile} value={search.profile} all={names.map((n) => [n, n] as const)} onChange={(profile) => narrow({ profile })} />
        <ChoiceFilter label={w.kind} any={w.anyKind} value={search.kind} all={kinds.map((k) => [k, d[`kind${k}`]] as const)} onChange={(kind) => narrow({ kind })} />
        <ChoiceFilter label={w.authority} any={w.anyAuthority} value={search.authority} all={keys.map((k) => [k, signer(k)] as const)} onChange={(authority) => narrow({ authority })} />
      </Filters>
      <Refused error={error} again={() => void refetch()} />
      {!error && !data && <Rows />}
      {data && count === 0 && (
        <Panel>
          <Empty title={w.none(days)}>{w.noneText}</Empty>
        </Panel>
      )}
      {count > 0 && (
        <>
          <Panel title={w.ends(count.toLocaleString(language), days)}>
            <Bars spans={parts} chosen={chosen?.from} />
          </Panel>
          {chosen && <Ending span={chosen} signer={signer} />}
          <Sums all={wanted} days={days} signer={signer} />
        </>
      )}
    </Certificates>
  );
}
