import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { answer, api, type Schemas } from '../api/client';
import { oneOf } from '../app/search';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { ChoiceFilter, Filters, SearchFilter } from '../parts/Filters';
import { PlusIcon } from '../parts/icons';
import { Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table, type Column } from '../parts/Table';
import { When } from '../parts/When';
import { useMay } from '../people/session';
import { useProfileNames } from '../profiles/queries';
import { useWords } from '../words/words';
import { Certificates } from './Certificates';
import type { Issued } from './queries';
import { State } from './State';
import { words } from './words';

const route = getRouteApi('/shell/certificates');
const states = ['issued', 'expired', 'revoked'] as const;
const days = ['7', '30', '90'] as const;
const pageSize = 50;

export function IssuedPage() {
  const w = useWords(words);
  const may = useMay('operator');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, isPlaceholderData } = useIssued();
  const profiles = useProfileNames();
  const narrow = (change: Partial<typeof search>) => void navigate({ search: { ...search, after: undefined, ...change } });
  const narrowed = Boolean(search.search || search.profile || search.state || search.within || search.after);
  const issue = may && (
    <Button leftSection={<PlusIcon size={15} />} renderRoot={(props) => <Link to="/issue-certificate" {...props} />}>
      {w.issue}
    </Button>
  );
  return (
    <Certificates act={issue}>
      <Filters>
        <SearchFilter label={w.search} value={search.search} onChange={(text) => narrow({ search: text || undefined })} />
        <ChoiceFilter label={w.profile} any={w.anyProfile} value={search.profile} all={profiles.map((p) => [p, p] as const)} onChange={(profile) => narrow({ profile })} />
        <ChoiceFilter label={w.state} any={w.anyState} value={search.state} all={states.map((s) => [s, w[`state${s}`]] as const)} onChange={(state) => narrow({ state })} />
        <ChoiceFilter label={w.ends} any={w.anyEnd} value={search.within} all={days.map((d) => [d, w.endsWithin(d)] as const)} onChange={(within) => narrow({ within })} />
      </Filters>
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <Panel flush>
          <div style={{ opacity: isPlaceholderData ? 0.55 : 1 }}>
            <Table
              label={w.issued}
              columns={useColumns()}
              rows={data?.items}
              id={(c) => c.serial}
              empty={
                narrowed ? (
                  <Empty title={w.noneFound}>{w.noneFoundText}</Empty>
                ) : (
                  <Empty title={w.none} act={issue}>
                    {w.noneText}
                  </Empty>
                )
              }
            />
          </div>
          <Pager after={search.after} next={data?.next} go={(after) => void navigate({ search: { ...search, after } })} />
        </Panel>
      )}
    </Certificates>
  );
}

function useIssued() {
  const { search, profile, state, within, after } = route.useSearch();
  return useQuery({
    queryKey: ['certificates', 'list', { search, profile, state, within, after }],
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
    queryFn: async ({ signal }) => {
      const query = {
        search,
        profile,
        limit: pageSize,
        state: state ? oneOf(state, ...states) : undefined,
        expiresBefore: within ? String(Date.now() + Number(oneOf(within, ...days)) * 86_400_000) : undefined,
      };
      let page: Schemas['ListIssuedCertificate'] = { items: [], next: after ?? '' };
      do {
        page = await answer(api.GET('/v1/certificates', { signal, params: { query: { ...query, after: page.next || undefined } } }));
      } while (page.items.length === 0 && page.next); // the server looks at so many at once
      return page;
    },
  });
}

function useColumns(): Column<Issued>[] {
  const w = useWords(words);
  return [
    {
      key: 'subject',
      label: w.subject,
      cell: (c) => (
        <Link to="/certificates/issued/$serial" params={{ serial: c.serial }}>
          {c.subject}
        </Link>
      ),
    },
    { key: 'state', label: w.state, cell: (c) => <State of={c} /> },
    {
      key: 'device',
      label: w.device,
      wide: true,
      cell: (c) =>
        c.device && (
          <Link to="/devices/$name" params={{ name: c.device }} search={{ part: 'credentials' }}>
            {c.device}
          </Link>
        ),
    },
    { key: 'ends', label: w.validUntil, cell: (c) => <When at={c.notAfter} /> },
    { key: 'made', label: w.issuedAt, wide: true, cell: (c) => <Ago at={c.createdAt} /> },
    { key: 'serial', label: w.serial, wide: true, cell: (c) => <code title={c.serial}>{c.serial.slice(0, 12)}…</code> },
  ];
}
