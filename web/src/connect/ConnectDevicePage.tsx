import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { Schemas } from '../api/client';
import { kinds, type Kind } from '../devices/evidence';
import { deviceQuery } from '../devices/queries';
import { words as deviceWords } from '../devices/words';
import form from '../parts/Form.module.css';
import { Loading } from '../parts/Loading';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { profileQuery } from '../profiles/queries';
import { useWords } from '../words/words';
import { Commands } from './Commands';
import styles from './Commands.module.css';
import { Listening } from './Listening';
import { ProofFields } from './ProofFields';
import { audienceOf, isLive, proofOf, typedOf } from './typed';
import { systemOf, systems } from './ways';
import { words } from './words';

const route = getRouteApi('/shell/connect/$name');

// ConnectDevicePage shows how a device is made to report, and listens for it.
export function ConnectDevicePage() {
  const w = useWords(words);
  const { name } = route.useParams();
  const { data: device, error, refetch } = useQuery(deviceQuery(name));
  if (!device && !error) {
    return <Loading />;
  }
  return (
    <Page title={w.connect(name)} about={w.connectAbout} back={{ to: '/connect', label: w.title }}>
      <Refused error={error} again={() => void refetch()} />
      {device && <Connecting key={device.name} device={device} />}
    </Page>
  );
}

function Connecting({ device }: { device: Schemas['DeviceView'] }) {
  const w = useWords(words);
  const d = useWords(deviceWords);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const held = (kind: Kind) => device.credentials.filter((c) => c.kind === kind && isLive(c)).length;
  const kind = kinds.find((k) => k === search.kind) ?? kinds.find((k) => held(k) > 0) ?? 'ACCESS_TOKEN';
  const [typed, change] = useState(() => typedOf(kind, device.credentials));
  const { data: profile } = useQuery({ ...profileQuery(device.profile), enabled: kind === 'PUBLIC_KEY' });
  const system = systems.find((s) => s === search.os) ?? systemOf(navigator.userAgent);
  return (
    <div className={styles.columns}>
      <div className={styles.left}>
        <Panel title={w.proof}>
          <div className={form.form}>
            <NativeSelect
              label={d.kind}
              value={kind}
              onChange={(e) => void navigate({ search: { ...search, kind: e.currentTarget.value }, replace: true })}
              data={kinds.map((k) => ({ value: k, label: held(k) ? d[`kind${k}`] : w.noneYet(d[`kind${k}`]) }))}
            />
            <ProofFields device={device} system={system} typed={{ ...typed, kind }} change={change} />
          </div>
        </Panel>
        <Commands
          device={device.name}
          proof={proofOf({ ...typed, kind }, audienceOf(device.name, profile?.jwt?.audiences))}
          how={search}
          change={(how) => void navigate({ search: { ...search, ...how }, replace: true })}
        />
      </div>
      <div className={styles.right}>
        <Listening name={device.name} />
      </div>
    </div>
  );
}
