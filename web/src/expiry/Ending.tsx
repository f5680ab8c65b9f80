import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { answer, api } from '../api/client';
import { oneOf } from '../app/search';
import { kinds } from '../devices/evidence';
import { words as deviceWords } from '../devices/words';
import { Ago } from '../parts/Ago';
import { Facts } from '../parts/Facts';
import { Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useLanguage, useWords } from '../words/words';
import type { Span } from './spans';
import { words } from './words';

const route = getRouteApi('/shell/certificates/expiry');

interface Props {
  span: Span;
  signer: (key: string | undefined) => string;
}

// Ending lists what ends on a day, or in a week.
export function Ending({ span, signer }: Props) {
  const w = useWords(words);
  const d = useWords(deviceWords);
  const language = useLanguage();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useEnding(span);
  const first = new Date(span.from).toLocaleDateString(language, { dateStyle: 'full', timeZone: 'UTC' });
  const byKey = new Map<string | undefined, number>();
  span.all.filter((e) => e.kind === 'X509_CERTIFICATE').forEach((e) => byKey.set(e.authority, (byKey.get(e.authority) ?? 0) + e.count));
  const many = Date.parse(span.until) - Date.parse(span.from) > 86_400_000;
  return (
    <Panel title={many ? w.weekOf(first) : first} flush>
      <Refused error={error} again={() => void refetch()} />
      {search.authority && <p style={{ margin: 0, padding: '12px 18px 0', color: 'var(--quiet)' }}>{w.listAll}</p>}
      {byKey.size > 1 && (
        <div style={{ padding: '14px 18px 0' }}>
          <Facts all={[...byKey].map(([key, n]) => [signer(key), n.toLocaleString(language)])} />
        </div>
      )}
      <Table
        label={w.list}
        rows={data?.items}
        id={(c) => c.id}
        columns={[
          {
            key: 'device',
            label: w.device,
            cell: (c) => (
              <Link to="/devices/$name" params={{ name: c.device }} search={{ part: 'credentials' }}>
                {c.device}
              </Link>
            ),
          },
          { key: 'profile', label: w.profile, wide: true, cell: (c) => c.profile },
          { key: 'kind', label: w.kind, cell: (c) => d[`kind${c.kind}`] },
          { key: 'ends', label: w.endsAt, cell: (c) => <Ago at={c.expiresAt} /> },
          { key: 'used', label: w.used, wide: true, cell: (c) => <Ago at={c.lastUsedAt} /> },
        ]}
      />
      <Pager after={search.after} next={data?.next} go={(after) => void navigate({ search: { ...search, after }, resetScroll: false })} />
    </Panel>
  );
}

// useEnding asks for what ends before the end of the span, the last first, and leaves off where the span begins.
function useEnding(span: Span) {
  const { profile, kind, after } = route.useSearch();
  return useQuery({
    queryKey: ['certificates', 'ending', { from: span.from, until: span.until, profile, kind, after }],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const page = await answer(
        api.GET('/v1/credentials', {
          params: { query: { profile, kind: kind ? oneOf(kind, ...kinds) : undefined, expiresBefore: `${span.until}T00:00:00Z`, sort: '-expires', after, limit: 50 } },
        }),
      );
      const from = Date.parse(span.from);
      const items = page.items.filter((c) => Date.parse(c.expiresAt ?? '') >= from);
      return { items: items.filter((c) => c.state !== 'revoked'), next: items.length === page.items.length ? page.next : undefined };
    },
  });
}
