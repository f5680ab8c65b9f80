import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { oneOf } from '../app/search';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { ChoiceFilter } from '../parts/Filters';
import { Panel } from '../parts/Page';
import { Pager } from '../parts/Pager';
import { Reason, Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useSaid } from '../words/said';
import { useWords } from '../words/words';
import { StepTag } from './Progress';
import { campaignDevicesQuery } from './queries';
import { steps } from './steps';
import { words } from './words';

const route = getRouteApi('/shell/certificates/campaigns/$id');

// CampaignDevices lists the devices of a campaign by how far each is, and why one does not follow.
export function CampaignDevices({ id }: { id: string }) {
  const w = useWords(words);
  const said = useSaid();
  const search = route.useSearch();
  const { step, after } = search;
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(campaignDevicesQuery(id, step ? oneOf(step, ...steps) : undefined, after));
  const filter = (
    <ChoiceFilter
      label={w.step}
      any={w.anyStep}
      value={step}
      all={steps.map((s) => [s, w[`step${s}`]] as const)}
      onChange={(v) => void navigate({ search: { ...search, step: v, after: undefined }, resetScroll: false })}
    />
  );
  return (
    <Panel title={w.devices} flush act={filter}>
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <>
          <Table
            label={w.devices}
            rows={data?.items}
            id={(d) => d.deviceId}
            columns={[
              {
                key: 'device',
                label: w.device,
                cell: (d) => (
                  <Link to="/devices/$name" params={{ name: d.device }} search={{ part: 'credentials' }}>
                    {d.device}
                  </Link>
                ),
              },
              { key: 'step', label: w.step, cell: (d) => <StepTag step={d.step} /> },
              { key: 'at', label: w.at, wide: true, cell: (d) => d.at && <Ago at={d.at} /> },
              { key: 'why', label: w.why, wide: true, cell: (d) => d.reason && <span title={[said.title(d), said.aside(d)].map((s) => s?.text).filter(Boolean).join(': ')}><Reason code={d.reason} /></span> },
            ]}
            empty={<Empty title={w.noneInStep} />}
          />
          <Pager after={after} next={data?.next} go={(next) => void navigate({ search: { ...search, after: next }, resetScroll: false })} />
        </>
      )}
    </Panel>
  );
}
