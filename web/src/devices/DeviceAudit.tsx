import { UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Ago } from '../parts/Ago';
import { Empty } from '../parts/Empty';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useDeed } from '../settings/audit';
import { AuditEntry } from '../settings/AuditEntry';
import { fieldsOf } from '../settings/AuditPart';
import { useWords } from '../words/words';
import { DevicePager } from './DevicePager';
import { deviceAuditQuery } from './queries';
import { words } from './words';

const route = getRouteApi('/shell/devices/$name');
const ofDevices = ['device', 'credential', 'attributes', 'readings', 'certificate'];

// DeviceAudit is who has changed what of a device.
export function DeviceAudit({ name }: { name: string }) {
  const w = useWords(words);
  const deed = useDeed();
  const { after } = route.useSearch();
  const { data, error, refetch } = useQuery(deviceAuditQuery(name, after));
  const [entry, setEntry] = useState<number>();
  const entries = data?.items.filter((e) => ofDevices.includes(e.noun)); // what else has the device's name is not its own
  return (
    <Panel
      title={w.audit}
      flush
      act={
        <Link to="/settings/audit" search={{ name }}>
          {w.inAudit}
        </Link>
      }
    >
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <Table
          label={w.audit}
          rows={entries}
          id={(e) => String(e.number)}
          columns={[
            { key: 'when', label: w.when, cell: (e) => <Ago at={e.at} /> },
            { key: 'who', label: w.who, cell: (e) => e.actor },
            {
              key: 'what',
              label: w.what,
              cell: (e) => (
                <UnstyledButton c="var(--act)" fz="inherit" onClick={() => setEntry(e.number)}>
                  {deed(e)}
                </UnstyledButton>
              ),
            },
            { key: 'fields', label: w.fields, wide: true, cell: (e) => fieldsOf(e).join(', ') },
          ]}
          empty={<Empty title={after || data?.next ? w.noOlder : w.noAudit} />}
        />
      )}
      <DevicePager count={entries?.length} next={data?.next} />
      {entry !== undefined && <AuditEntry number={String(entry)} close={() => setEntry(undefined)} />}
    </Panel>
  );
}
