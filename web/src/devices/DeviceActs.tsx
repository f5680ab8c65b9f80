import { ActionIcon, Button, Menu } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { Confirm } from '../parts/Confirm';
import { MoreIcon } from '../parts/icons';
import { Refused } from '../parts/Refused';
import { useWords } from '../words/words';
import { EditDevice } from './EditDevice';
import { renewDevices, type WholeDevice } from './queries';
import { words } from './words';

// DeviceActs are what can be done with a device as a whole.
export function DeviceActs({ device }: { device: WholeDevice }) {
  const w = useWords(words);
  const navigate = useNavigate();
  const [asking, setAsking] = useState<'suspend' | 'delete' | 'edit'>();
  const one = { params: { path: { name: device.name } } };
  const close = () => setAsking(undefined);
  const done = () => {
    close();
    return renewDevices();
  };
  const suspend = useMutation({ mutationFn: () => answer(api.POST('/v1/devices/{name}/suspend', one)), onSuccess: done });
  const resume = useMutation({ mutationFn: () => answer(api.POST('/v1/devices/{name}/resume', one)), onSuccess: done });
  const remove = useMutation({
    mutationFn: () => answer(api.DELETE('/v1/devices/{name}', one)),
    onSuccess: async () => {
      await navigate({ to: '/devices' });
      await renewDevices();
    },
  });
  const ask = (what: 'suspend' | 'delete' | 'edit') => {
    suspend.reset();
    remove.reset();
    setAsking(what);
  };
  return (
    <>
      <Refused error={resume.error} />
      {device.state === 'suspended' && (
        <Button loading={resume.isPending} onClick={() => resume.mutate()}>
          {w.resume}
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={w.more}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => ask('edit')}>{w.edit}</Menu.Item>
          {device.state !== 'suspended' && <Menu.Item onClick={() => ask('suspend')}>{w.suspend}</Menu.Item>}
          <Menu.Item color="var(--bad)" onClick={() => ask('delete')}>
            {w.delete}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asking === 'suspend' && (
        <Confirm title={w.suspendTitle(device.name)} act={w.suspend} error={suspend.error} busy={suspend.isPending} close={close} go={() => suspend.mutate()}>
          {w.suspendText}
        </Confirm>
      )}
      {asking === 'delete' && (
        <Confirm title={w.deleteTitle(device.name)} act={w.delete} error={remove.error} busy={remove.isPending} close={close} go={() => remove.mutate()}>
          {w.deleteText}
        </Confirm>
      )}
      {asking === 'edit' && <EditDevice device={device} close={close} />}
    </>
  );
}
