import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { Ago } from '../parts/Ago';
import { Confirm } from '../parts/Confirm';
import { Empty } from '../parts/Empty';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag, type Tone } from '../parts/Tag';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { NewCredential } from './NewCredential';
import { renewDevices } from './queries';
import { words } from './words';

type Credential = Schemas['Credential'];

const tones: Record<Credential['state'], Tone> = {
  active: 'good',
  pending: 'quiet',
  waiting: 'quiet',
  retiring: 'care',
  expired: 'bad',
  revoked: 'bad',
};

// DeviceCredentials are what a device proves itself with. Never what opens the door: that is shown once, when it is made.
export function DeviceCredentials({ device }: { device: Schemas['DeviceView'] }) {
  const w = useWords(words);
  const may = useMay('operator');
  const [doing, setDoing] = useState<{ what: 'add' | 'rotate' | 'revoke'; credential?: Credential }>();
  const close = () => setDoing(undefined);
  const begin = (next: typeof doing) => {
    revoke.reset();
    setDoing(next);
  };
  const revoke = useMutation({
    mutationFn: (id: string) => answer(api.POST('/v1/devices/{name}/credentials/{id}/revoke', { params: { path: { name: device.name, id } } })),
    onSuccess: () => {
      close();
      return renewDevices();
    },
  });
  const retire = useMutation({
    mutationFn: (id: string) => answer(api.POST('/v1/devices/{name}/credentials/{id}/retire', { params: { path: { name: device.name, id } }, body: {} })),
    onSuccess: renewDevices,
  });
  const usable = device.credentials.filter((c) => c.state === 'active' || c.state === 'pending').length;
  const add = may && (
    <Button size="compact-sm" variant="default" onClick={() => begin({ what: 'add' })}>
      {w.addCredential}
    </Button>
  );
  const acts = (c: Credential) =>
    may &&
    c.state !== 'revoked' && (
      <Group gap={4} justify="flex-end">
        <Button size="compact-xs" variant="subtle" onClick={() => begin({ what: 'rotate', credential: c })}>
          {w.rotate}
        </Button>
        {c.state === 'active' && usable > 1 && (
          <Button size="compact-xs" variant="subtle" title={w.retireText} onClick={() => retire.mutate(c.id)}>
            {w.retire}
          </Button>
        )}
        <Button size="compact-xs" variant="subtle" color="var(--bad)" onClick={() => begin({ what: 'revoke', credential: c })}>
          {w.revoke}
        </Button>
      </Group>
    );
  return (
    <Panel title={w.credentials} flush act={add}>
      <Refused error={retire.error} />
      <Table
        label={w.credentials}
        rows={device.credentials}
        id={(c) => c.id}
        columns={[
          { key: 'kind', label: w.credentials, cell: (c) => w[`kind${c.kind}`] },
          { key: 'state', label: w.state, cell: (c) => <Tag tone={tones[c.state]}>{w[c.state]}</Tag> },
          { key: 'hint', label: w.hint, wide: true, cell: (c) => c.hint && <code>{c.hint}</code> },
          { key: 'used', label: w.used, wide: true, cell: (c) => <Ago at={c.lastUsedAt} /> },
          { key: 'expires', label: w.expires, wide: true, cell: (c) => c.expiresAt && <Ago at={c.expiresAt} /> },
          { key: 'acts', label: '', cell: acts },
        ]}
        empty={
          <Empty title={w.noCredentials} act={add}>
            {w.noCredentialsText}
          </Empty>
        }
      />
      {(doing?.what === 'add' || doing?.what === 'rotate') && <NewCredential device={device.name} old={doing.credential} close={close} />}
      {doing?.what === 'revoke' && doing.credential && (
        <Confirm
          title={w.revokeTitle(w[`kind${doing.credential.kind}`], doing.credential.hint ?? '')}
          act={w.revoke}
          error={revoke.error}
          busy={revoke.isPending}
          close={close}
          go={() => doing.credential && revoke.mutate(doing.credential.id)}
        >
          {w.revokeText}
        </Confirm>
      )}
    </Panel>
  );
}
