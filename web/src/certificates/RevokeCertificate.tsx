import { NativeSelect } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, queries } from '../api/client';
import { Confirm } from '../parts/Confirm';
import form from '../parts/Form.module.css';
import { useWords } from '../words/words';
import { renewCertificates, type Whole } from './queries';
import { reasons, type Reason } from './reasons';
import { words } from './words';

export function RevokeCertificate({ of: c, close }: { of: Whole; close: () => void }) {
  const w = useWords(words);
  const [reason, setReason] = useState<Reason>('unspecified');
  const revoke = useMutation({
    mutationFn: () => answer(api.POST('/v1/certificates/{serial}/revoke', { params: { path: { serial: c.serial } }, body: { reason } })),
    onSuccess: async () => {
      close();
      await Promise.all([renewCertificates(), queries.invalidateQueries({ queryKey: ['devices'] })]);
    },
  });
  return (
    <Confirm title={w.revokeTitle(c.subject)} act={w.revoke} error={revoke.error} busy={revoke.isPending} close={close} go={() => revoke.mutate()}>
      <div className={form.form}>
        <span>{c.device ? w.revokeDevice(c.device) : w.revokeNobody}</span>
        <NativeSelect
          label={w.why}
          value={reason}
          onChange={(e) => setReason(e.currentTarget.value as Reason)}
          data={reasons.map((r) => ({ value: r, label: w[`why${r}`] }))}
        />
      </div>
    </Confirm>
  );
}
