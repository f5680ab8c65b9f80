import { ActionIcon, Button, Menu } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { Confirm } from '../parts/Confirm';
import { Copied } from '../parts/Copied';
import { Empty } from '../parts/Empty';
import { MoreIcon } from '../parts/icons';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useMay } from '../people/session';
import { useLanguage, useWords } from '../words/words';
import { EditKey } from './EditKey';
import { KeyState, KeyWindow } from './KeyState';
import { keyWords } from './keyWords';
import { NewKey } from './NewKey';
import { keysQuery, renewProfiles } from './queries';
import { RevokeKey } from './RevokeKey';
import { RotateKey } from './RotateKey';

type Key = Schemas['ProvisionKey'];
type Act = 'edit' | 'rotate' | 'revoke' | 'delete';

// ProfileKeys are the keys that let devices into a profile, and how many each has let in.
export function ProfileKeys({ profile }: { profile: string }) {
  const w = useWords(keyWords);
  const language = useLanguage();
  const may = useMay('operator');
  const { data, error, refetch } = useQuery(keysQuery(profile));
  const [doing, setDoing] = useState<{ what: Act | 'add'; of?: Key }>();
  const close = () => setDoing(undefined);
  const turn = useMutation({
    mutationFn: (k: Key) => {
      const one = { params: { path: { key: k.id } } };
      return answer(k.suspendedAt ? api.POST('/v1/provision-keys/{key}/resume', one) : api.POST('/v1/provision-keys/{key}/suspend', one));
    },
    onSuccess: renewProfiles,
  });
  const add = may && (
    <Button size="compact-sm" variant="default" onClick={() => setDoing({ what: 'add' })}>
      {w.addKey}
    </Button>
  );
  const number = (n: number) => n.toLocaleString(language);
  const many = (k: Key) => (k.maxDevices ? w.ofMost(number(k.devices), number(k.maxDevices)) : number(k.devices));
  return (
    <Panel title={w.keys} flush act={add}>
      <Refused error={error} again={() => void refetch()} />
      <Refused error={turn.error} />
      <Table
        label={w.keys}
        rows={data?.items}
        id={(k) => k.id}
        columns={[
          {
            key: 'key',
            label: w.key,
            cell: (k) => <Copied text={k.key} what={w.key} />,
          },
          { key: 'state', label: w.state, cell: (k) => <KeyState of={k} /> },
          {
            key: 'devices',
            label: w.letIn,
            number: true,
            cell: (k) => (
              <Link to="/profiles/$name/keys/$key" params={{ name: profile, key: k.id }} aria-label={w.whatLetInBy(k.key, many(k))}>
                {many(k)}
              </Link>
            ),
          },
          { key: 'window', label: w.window, wide: true, cell: (k) => <KeyWindow of={k} /> },
          { key: 'networks', label: w.networks, wide: true, cell: (k) => k.networks?.join(', ') },
          { key: 'acts', label: '', cell: (k) => may && k.state !== 'revoked' && <Acts of={k} ask={(what) => setDoing({ what, of: k })} turn={() => turn.mutate(k)} /> },
        ]}
        empty={
          <Empty title={w.noKeys} act={add}>
            {w.noKeysText}
          </Empty>
        }
      />
      {doing?.what === 'add' && <NewKey profile={profile} close={close} />}
      {doing?.what === 'edit' && doing.of && <EditKey of={doing.of} close={close} />}
      {doing?.what === 'delete' && doing.of && <DeleteKey of={doing.of} close={close} />}
      {doing?.what === 'rotate' && doing.of && <RotateKey of={doing.of} close={close} />}
      {doing?.what === 'revoke' && doing.of && <RevokeKey of={doing.of} close={close} />}
    </Panel>
  );
}

// Acts are what can be done with a key. To turn it is to suspend it, or to let it go on.
function Acts({ of, ask, turn }: { of: Key; ask: (what: Act) => void; turn: () => void }) {
  const w = useWords(keyWords);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${w.more}: ${of.key}`}>
          <MoreIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => ask('edit')}>{w.edit}</Menu.Item>
        <Menu.Item onClick={() => ask('rotate')}>{w.rotate}</Menu.Item>
        <Menu.Item onClick={turn}>{of.suspendedAt ? w.resume : w.suspend}</Menu.Item>
        <Menu.Item color="var(--bad)" onClick={() => ask('revoke')}>
          {w.revoke}
        </Menu.Item>
        {of.devices === 0 && (
          <Menu.Item color="var(--bad)" onClick={() => ask('delete')}>
            {w.deleteKey}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function DeleteKey({ of, close }: { of: Key; close: () => void }) {
  const w = useWords(keyWords);
  const remove = useMutation({
    mutationFn: () => answer(api.DELETE('/v1/provision-keys/{key}', { params: { path: { key: of.id } } })),
    onSuccess: () => {
      close();
      return renewProfiles();
    },
  });
  return (
    <Confirm title={w.deleteTitle(of.key)} act={w.deleteKey} error={remove.error} busy={remove.isPending} close={close} go={() => remove.mutate()}>
      {w.deleteKeyText}
    </Confirm>
  );
}
