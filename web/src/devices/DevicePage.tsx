import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEvents } from '../live/useEvents';
import { Ago } from '../parts/Ago';
import { Copied } from '../parts/Copied';
import { Facts } from '../parts/Facts';
import { PlugIcon } from '../parts/icons';
import { Rows } from '../parts/Loading';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Tabs } from '../parts/Tabs';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { DeviceActs } from './DeviceActs';
import { DeviceAttributes } from './DeviceAttributes';
import { DeviceAudit } from './DeviceAudit';
import { DeviceCredentials } from './DeviceCredentials';
import { DeviceJournal } from './DeviceJournal';
import { DeviceSessions } from './DeviceSessions';
import { DeviceTrace } from './DeviceTrace';
import { DeviceValues } from './DeviceValues';
import { deviceQuery, renewDevices, type WholeDevice } from './queries';
import { State } from './State';
import { tagsText } from './tags';
import { words } from './words';

const route = getRouteApi('/shell/devices/$name');
const parts = ['values', 'attributes', 'credentials', 'sessions', 'journal', 'trace', 'audit'] as const;

export function DevicePage() {
  const w = useWords(words);
  const { name } = route.useParams();
  const { part = 'values' } = route.useSearch();
  const { data: device, error, refetch } = useQuery(deviceQuery(name));
  const may = useMay('operator');
  const all = useMay('admin');
  useEvents(device ? { kind: ['sessions'], device: name } : null, { hear: renewDevices, missed: renewDevices });
  return (
    <Page title={name} back={{ to: '/devices', label: w.title }} about={device?.label} act={device && <Acts device={device} may={may} />}>
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <>
          <Panel>
            {device ? (
              <Facts
                all={[
                  [w.state, <State key="state" device={device} />],
                  [w.profile, device.profile],
                  [w.gateway, device.gateway && '✓'],
                  [w.created, <Ago key="created" at={device.createdAt} />],
                  [w.provisioned, device.provisionedAt && <Ago key="provisioned" at={device.provisionedAt} />],
                  [w.tags, tagsText(device.tags)],
                  [w.description, device.description],
                  [w.id, <Copied key="id" text={device.id} what={w.id} />],
                ]}
              />
            ) : (
              <Rows count={2} />
            )}
          </Panel>
          <Tabs label={w.parts}>
            {parts.filter((p) => p !== 'audit' || all).map((p) => (
              <Link key={p} to="/devices/$name" params={{ name }} search={p === 'values' ? {} : { part: p }} activeOptions={{ exact: true }} aria-current={p === part ? 'page' : undefined}>
                {w[p]}
              </Link>
            ))}
          </Tabs>
          {part === 'values' && <DeviceValues name={name} />}
          {part === 'attributes' && <DeviceAttributes name={name} />}
          {part === 'credentials' && device && <DeviceCredentials device={device} />}
          {part === 'sessions' && <DeviceSessions name={name} />}
          {part === 'journal' && <DeviceJournal name={name} />}
          {part === 'trace' && <DeviceTrace name={name} />}
          {part === 'audit' && all && <DeviceAudit name={name} />}
        </>
      )}
    </Page>
  );
}

function Acts({ device, may }: { device: WholeDevice; may: boolean }) {
  const w = useWords(words);
  return (
    <>
      <Button variant="default" leftSection={<PlugIcon size={16} />} renderRoot={(props) => <Link to="/connect/$name" params={{ name: device.name }} {...props} />}>
        {w.connect}
      </Button>
      {may && <DeviceActs device={device} />}
    </>
  );
}
