import { ActionIcon, Button, Menu } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, Refusal } from '../api/client';
import { Confirm } from '../parts/Confirm';
import { MoreIcon } from '../parts/icons';
import { useWords } from '../words/words';
import { ImportAuthority } from './ImportAuthority';
import { renewCertificates } from './queries';
import { words } from './words';

type Act = 'rotate' | 'rotateRoot' | 'retire' | 'import';

// AuthorityActs change which keys sign. Each says first what becomes of devices.
export function AuthorityActs({ waits }: { waits: boolean }) {
  const w = useWords(words);
  const [doing, setDoing] = useState<Act>();
  const close = () => setDoing(undefined);
  return (
    <>
      {waits && <Button onClick={() => setDoing('retire')}>{w.retire}</Button>}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={w.more}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setDoing('rotate')}>{w.rotate}</Menu.Item>
          {!waits && <Menu.Item onClick={() => setDoing('rotateRoot')}>{w.rotateRoot}</Menu.Item>}
          <Menu.Item onClick={() => setDoing('import')}>{w.import}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {doing === 'rotate' && <Rotate close={close} />}
      {doing === 'rotateRoot' && <RotateRoot close={close} />}
      {doing === 'retire' && <Retire close={close} />}
      {doing === 'import' && <ImportAuthority close={close} />}
    </>
  );
}

function useChange<T>(close: () => void, change: (how: T) => Promise<unknown>) {
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      close();
      return renewCertificates();
    },
  });
}

function Rotate({ close }: { close: () => void }) {
  const w = useWords(words);
  const { mutate, error, isPending } = useChange(close, () => answer(api.POST('/v1/ca/rotate')));
  return (
    <Confirm title={w.rotateTitle} act={w.rotateAct} error={error} busy={isPending} close={close} go={() => mutate(undefined)}>
      {w.rotateText}
    </Confirm>
  );
}

function RotateRoot({ close }: { close: () => void }) {
  const w = useWords(words);
  const { mutate, error, isPending } = useChange(close, () => answer(api.POST('/v1/ca/rotate-root')));
  return (
    <Confirm title={w.rotateRootTitle} act={w.rotateRootAct} error={error} busy={isPending} close={close} go={() => mutate(undefined)}>
      {w.rotateRootText}
    </Confirm>
  );
}

// Retire asks the server first without force: it says what depends on the old root.
function Retire({ close }: { close: () => void }) {
  const w = useWords(words);
  const { mutate, error, isPending } = useChange(close, (force: boolean) => answer(api.POST('/v1/ca/retire-root', { body: { force } })));
  const depended = error instanceof Refusal && error.problem.reason === 'authority-in-use';
  return (
    <Confirm title={w.retireTitle} act={depended ? w.retireForce : w.retire} error={error} busy={isPending} close={close} go={() => mutate(depended)}>
      {w.retireText}
    </Confirm>
  );
}
