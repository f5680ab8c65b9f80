import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { answer, api } from '../api/client';
import { State } from '../devices/State';
import { words as deviceWords } from '../devices/words';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { SearchFilter } from '../parts/Filters';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useMay } from '../people/session';
import { asksWithKey } from '../profiles/draft';
import { fieldWords } from '../profiles/fieldWords';
import { allProfiles } from '../profiles/queries';
import { words as profileWords } from '../profiles/words';
import { useWords } from '../words/words';
import styles from './Commands.module.css';
import { words } from './words';

const route = getRouteApi('/shell/connect');
const shown = 10;

// ConnectPage asks which device is to be connected: one that there is, or one that lets itself in.
export function ConnectPage() {
  const w = useWords(words);
  return (
    <Page title={w.title} about={w.about}>
      <KnownDevices />
      <NewDevices />
    </Page>
  );
}

function KnownDevices() {
  const w = useWords(words);
  const d = useWords(deviceWords);
  const may = useMay('operator');
  const { search } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery({
    queryKey: ['devices', 'connect', search],
    placeholderData: keepPreviousData,
    queryFn: () => answer(api.GET('/v1/devices', { params: { query: { search, limit: shown, sort: search ? 'name' : '-created' } } })),
  });
  return (
    <Panel title={w.known} flush>
      <div className={styles.search}>
        <SearchFilter label={d.search} value={search} onChange={(text) => void navigate({ to: '/connect', search: { search: text || undefined } })} />
      </div>
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <Table
          label={w.known}
          rows={data?.items}
          id={(one) => one.id}
          columns={[
            {
              key: 'name',
              label: d.name,
              cell: (one) => (
                <Link to="/connect/$name" params={{ name: one.name }}>
                  {one.name}
                </Link>
              ),
            },
            { key: 'state', label: d.state, cell: (one) => <State device={one} /> },
            { key: 'profile', label: d.profile, wide: true, cell: (one) => one.profile },
            { key: 'created', label: d.created, wide: true, cell: (one) => <Ago at={one.createdAt} /> },
          ]}
          empty={
            search ? (
              <Empty title={d.noneFound}>{d.noneFoundText}</Empty>
            ) : (
              <Empty title={d.none} act={may && <Link to="/add-device">{d.add}</Link>}>
                {w.noneText}
              </Empty>
            )
          }
        />
      )}
    </Panel>
  );
}

function NewDevices() {
  const w = useWords(words);
  const p = useWords(profileWords);
  const f = useWords(fieldWords);
  const may = useMay('operator');
  const { data, error, refetch } = useQuery(allProfiles);
  return (
    <Panel title={w.unknown} flush>
      <p className={styles.lead}>{w.unknownText}</p>
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <Table
          label={w.unknown}
          rows={data?.items.filter((one) => asksWithKey(one.strategy))}
          id={(one) => one.id}
          columns={[
            {
              key: 'name',
              label: f.name,
              cell: (one) => (
                <Link to="/join/$profile" params={{ profile: one.name }}>
                  {one.name}
                </Link>
              ),
            },
            { key: 'strategy', label: f.strategy, cell: (one) => f[`strategy${one.strategy}`] },
            { key: 'description', label: f.description, wide: true, cell: (one) => one.description },
          ]}
          empty={<Empty title={w.noProfile} act={may && <Link to="/add-profile">{p.add}</Link>} />}
        />
      )}
    </Panel>
  );
}
