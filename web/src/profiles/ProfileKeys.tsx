import { ActionIcon, Button, Menu } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { CopyButton } from '../parts/CopyButton';
import { Empty } from '../parts/Empty';
import { MoreIcon } from '../parts/icons';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { Tag, type Tone } from '../parts/Tag';
import { useMay } from '../people/session';
import { useLanguage, useWords } from '../words/words';
import { NewKey } from './NewKey';
import { keysQuery, renewProfiles } from './queries';
import { RevokeKey } from './RevokeKey';
import { RotateKey } from './RotateKey';
import { words } from './words';

type Key = Schemas['ProvisionKey'];

const tones: Record<Key['state'], Tone> = { live: 'good', waiting: 'quiet', expired: 'care', exhausted: 'care', suspended: 'care', revoked: 'bad' };

// ProfileKeys are the keys that let devices into a profile, and how many each has let in.
export function ProfileKeys({ profile }: { profile: string }) {
  const w = useWords(words);
  const language = useLanguage();
  const may = useMay('operator');
  const { data, error, refetch } = useQuery(keysQuery(profile));
  const [doing, setDoing] = useState<{ what: 'add' | 'rotate' | 'revoke'; of?: Key }>();
  const close = () => setDoing(undefined);
  const add = may && (
    <Button size="compact-sm" variant="default" onClick={() => setDoing({ what: 'add' })}>
      {w.addKey}
    </Button>
  );
  const number = (n: number) => n.toLocaleString(language);
  return (
    <Panel title={w.keys} flush act={add}>
      <Refused error={error} again={() => void refetch()} />
      <Table
        label={w.keys}
        rows={data?.items}
        id={(k) => k.id}
        columns={[
          {
            key: 'key',
            label: w.key,
            cell: (k) => (
              <span style={{ display: 'inline-flex', alignItems: 'center', gap: 4 }}>
                <code>{k.key}</code>
                <CopyButton text={k.key} what={w.key} />
              </span>
            ),
          },
          { key: 'state', label: w.state, cell: (k) => <Tag tone={tones[k.state]}>{w[k.state]}</Tag> },
          { key: 'devices', label: w.letIn, number: true, cell: (k) => (k.maxDevices ? w.ofMost(number(k.devices), number(k.maxDevices)) : number(k.devices)) },
          { key: 'window', label: w.window, wide: true, cell: (k) => <Window of={k} /> },
          { key: 'networks', label: w.networks, wide: true, cell: (k) => k.networks?.join(', ') },
          { key: 'acts', label: '', cell: (k) => may && k.state !== 'revoked' && <Acts of={k} ask={(what) => setDoing({ what, of: k })} /> },
        ]}
        empty={
          <Empty title={w.noKeys} act={add}>
            {w.noKeysText}
          </Empty>
        }
      />
      {doing?.what === 'add' && <NewKey profile={profile} close={close} />}
      {doing?.what === 'rotate' && doing.of && <RotateKey of={doing.of} close={close} />}
      {doing?.what === 'revoke' && doing.of && <RevokeKey of={doing.of} close={close} />}
    </Panel>
  );
}

function Window({ of: { notBefore, expiresAt } }: { of: Key }) {
  const w = useWords(words);
  const language = useLanguage();
  const day = (at: string | undefined) => (at ? new Date(at).toLocaleDateString(language) : '…');
  return <>{notBefore || expiresAt ? w.fromTo(day(notBefore), day(expiresAt)) : w.always}</>;
}

function Acts({ of, ask }: { of: Key; ask: (what: 'rotate' | 'revoke') => void }) {
  const w = useWords(words);
  const one = { params: { path: { key: of.id } } };
  const suspend = useMutation({ mutationFn: () => answer(api.POST('/v1/provision-keys/{key}/suspend', one)), onSuccess: renewProfiles });
  const resume = useMutation({ mutationFn: () => answer(api.POST('/v1/provision-keys/{key}/resume', one)), onSuccess: renewProfiles });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${w.more}: ${of.key}`}>
          <MoreIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => ask('rotate')}>{w.rotate}</Menu.Item>
        {of.suspendedAt ? <Menu.Item onClick={() => resume.mutate()}>{w.resume}</Menu.Item> : <Menu.Item onClick={() => suspend.mutate()}>{w.suspend}</Menu.Item>}
        <Menu.Item color="var(--bad)" onClick={() => ask('revoke')}>
          {w.revoke}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
