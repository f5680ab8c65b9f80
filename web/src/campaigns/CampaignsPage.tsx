import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { answer, api } from '../api/client';
import { oneOf } from '../app/search';
import { Certificates } from '../certificates/Certificates';
import { useEvents } from '../live/useEvents';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { ChoiceFilter, Filters } from '../parts/Filters';
import { PlusIcon } from '../parts/icons';
import { Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { useMay } from '../people/session';
import { useLanguage, useWords } from '../words/words';
import { Progress } from './Progress';
import { renewCampaigns } from './queries';
import { stateTones } from './steps';
import { Whom } from './Whom';
import { words } from './words';

const route = getRouteApi('/shell/certificates/campaigns');
const states = ['running', 'paused', 'done', 'rolling-back', 'rolled-back'] as const;

// CampaignsPage lists what was asked of many devices at once.
export function CampaignsPage() {
  const w = useWords(words);
  const language = useLanguage();
  const may = useMay('operator');
  const search = route.useSearch();
  const { state, after } = search;
  const navigate = route.useNavigate();
  useEvents({ kind: ['campaigns'] }, { hear: renewCampaigns, missed: renewCampaigns });
  const { data, error, refetch } = useQuery({
    queryKey: ['campaigns', 'list', { state, after }],
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
    queryFn: () => answer(api.GET('/v1/campaigns', { params: { query: { after, limit: 50, state: state ? oneOf(state, ...states) : undefined } } })),
  });
  const add = may && (
    <Button leftSection={<PlusIcon size={15} />} renderRoot={(props) => <Link to="/add-campaign" {...props} />}>
      {w.add}
    </Button>
  );
  return (
    <Certificates act={add}>
      <Filters>
        <ChoiceFilter label={w.state} any={w.anyState} value={state} all={states.map((s) => [s, w[`state${s}`]] as const)} onChange={(v) => void navigate({ search: { ...search, state: v, after: undefined } })} />
      </Filters>
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <Panel flush>
          <Table
            label={w.title}
            rows={data?.items}
            id={(c) => c.id ?? ''}
            columns={[
              {
                key: 'whom',
                label: w.whom,
                cell: (c) => (
                  <Link to="/certificates/campaigns/$id" params={{ id: c.id ?? '' }}>
                    <Whom of={c.devices} />
                  </Link>
                ),
              },
              { key: 'state', label: w.state, cell: (c) => <Tag tone={stateTones[c.state]}>{w[`state${c.state}`]}</Tag> },
              { key: 'devices', label: w.devices, number: true, wide: true, cell: (c) => c.progress.selected.toLocaleString(language) },
              { key: 'progress', label: w.progress, wide: true, cell: (c) => <Progress of={c} /> },
              { key: 'begun', label: w.begun, wide: true, cell: (c) => <Ago at={c.createdAt} /> },
              { key: 'by', label: w.by, wide: true, cell: (c) => c.by },
            ]}
            empty={
              state ? (
                <Empty title={w.noneFound} />
              ) : (
                <Empty title={w.none} act={add}>
                  {w.noneText}
                </Empty>
              )
            }
          />
          <Pager after={after} next={data?.next} go={(next) => void navigate({ search: { ...search, after: next } })} />
        </Panel>
      )}
    </Certificates>
  );
}
