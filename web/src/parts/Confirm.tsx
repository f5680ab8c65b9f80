import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../words/words';
import { Dialog } from './Dialog';
import form from './Form.module.css';
import { Refused } from './Refused';
import { words } from './words';

interface Props {
  title: string;
  act: string; // the verb on the button
  error: unknown;
  busy: boolean;
  unready?: boolean; // something is still to be said
  calm?: boolean; // nothing is lost: it is asked because more than meets the eye changes
  close: () => void;
  go: () => void;
  children: ReactNode; // what will be lost
}

// Confirm asks before something that cannot be taken back, and names what will be lost.
export function Confirm({ title, act, error, busy, unready, calm, close, go, children }: Props) {
  const w = useWords(words);
  return (
    <Dialog onClose={close} title={title}>
      <div className={form.form}>
        <div>{children}</div>
        <Refused error={error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            {w.cancel}
          </Button>
          <Button color={calm ? undefined : 'red.8'} loading={busy} disabled={unready} onClick={go}>
            {act}
          </Button>
        </Group>
      </div>
    </Dialog>
  );
}
