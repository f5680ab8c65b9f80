import { NativeSelect } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { Confirm } from '../parts/Confirm';
import form from '../parts/Form.module.css';
import { useLanguage, useWords } from '../words/words';
import { keyWords } from './keyWords';
import { renewProfiles } from './queries';

const fates = ['keep', 'suspend', 'release'] as const;

// RevokeKey ends a key, and asks what becomes of the devices that it let in.
export function RevokeKey({ of, close }: { of: Schemas['ProvisionKey']; close: () => void }) {
  const w = useWords(keyWords);
  const language = useLanguage();
  const [devices, setDevices] = useState<(typeof fates)[number]>('keep');
  const revoke = useMutation({
    mutationFn: () => answer(api.POST('/v1/provision-keys/{key}/revoke', { params: { path: { key: of.id } }, body: { devices } })),
    onSuccess: () => {
      close();
      return renewProfiles();
    },
  });
  return (
    <Confirm title={w.revokeTitle(of.key)} act={w.revoke} error={revoke.error} busy={revoke.isPending} close={close} go={() => revoke.mutate()}>
      <div className={form.form}>
        <span>{w.revokeText(of.devices.toLocaleString(language))}</span>
        <NativeSelect
          label={w.revokeDevices}
          value={devices}
          onChange={(e) => setDevices(e.currentTarget.value as typeof devices)}
          data={fates.map((f) => ({ value: f, label: w[`revoke${f}`] }))}
        />
      </div>
    </Confirm>
  );
}
