import { NativeSelect } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { Confirm } from '../parts/Confirm';
import form from '../parts/Form.module.css';
import { instant } from '../parts/typed';
import { useWords } from '../words/words';
import { keyWords } from './keyWords';
import { renewProfiles } from './queries';

const actions = ['suspend', 'release'] as const;

interface Props {
  of: Schemas['ProvisionKey'];
  from: string | undefined;
  to: string | undefined;
  count: string;
  close: () => void;
}

// NewSweep takes back what a key has let in between two times.
export function NewSweep({ of, from, to, count, close }: Props) {
  const w = useWords(keyWords);
  const [action, setAction] = useState<(typeof actions)[number]>('suspend');
  const begin = useMutation({
    mutationFn: () =>
      answer(api.POST('/v1/provision-keys/{key}/sweeps', { params: { path: { key: of.id } }, body: { action, from: instant(from ?? ''), to: instant(to ?? '') } })),
    onSuccess: () => {
      close();
      return renewProfiles();
    },
  });
  return (
    <Confirm title={w.sweepTitle(count)} act={w.sweep} error={begin.error} busy={begin.isPending} close={close} go={() => begin.mutate()}>
      <div className={form.form}>
        <span>{from || to ? w.sweepThen : w.sweepAll}</span>
        <NativeSelect
          label={w.revokeDevices}
          value={action}
          onChange={(e) => setAction(e.currentTarget.value as typeof action)}
          data={actions.map((a) => ({ value: a, label: w[`revoke${a}`] }))}
        />
      </div>
    </Confirm>
  );
}
