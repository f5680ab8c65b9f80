import { Button, Group, Radio, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api, queries } from '../api/client';
import { Dialog } from '../parts/Dialog';
import form from '../parts/Form.module.css';
import { PEM } from '../parts/PEM';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import { renewCertificates, type Whole } from './queries';
import { words } from './words';

// Renew has another certificate issued in the place of one, for its key or for a new one.
export function Renew({ of: c, close }: { of: Whole; close: () => void }) {
  const w = useWords(words);
  const p = useWords(partWords);
  const navigate = useNavigate();
  const [fresh, setFresh] = useState(false);
  const [csr, setCSR] = useState('');
  const [days, setDays] = useState('');
  const renew = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/v1/certificates/{serial}/renew', {
          params: { path: { serial: c.serial } },
          body: { csr: fresh ? csr : undefined, days: Number(days) || undefined },
        }),
      ),
    onSuccess: async (made) => {
      close();
      await navigate({ to: '/certificates/issued/$serial', params: { serial: made.serial } });
      await Promise.all([renewCertificates(), queries.invalidateQueries({ queryKey: ['devices'] })]);
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    renew.mutate();
  };
  return (
    <Dialog onClose={close} title={w.renewTitle(c.subject)}>
      <form className={form.form} onSubmit={submit}>
        <span>{c.device ? w.renewDevice : w.renewNobody}</span>
        <Radio.Group label={w.key} value={fresh ? 'fresh' : 'same'} onChange={(v) => setFresh(v === 'fresh')}>
          <Group mt={6} gap="lg">
            <Radio value="same" label={w.sameKey} />
            <Radio value="fresh" label={w.freshKey} />
          </Group>
        </Radio.Group>
        {fresh && <PEM label={w.csr} hint={w.csrHint} text={csr} change={setCSR} />}
        <TextInput type="number" min={1} max={3650} label={w.days} description={w.daysHint} value={days} onChange={(e) => setDays(e.currentTarget.value)} />
        <Refused error={renew.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {p.cancel}
          </Button>
          <Button type="submit" loading={renew.isPending} disabled={fresh && csr.trim() === ''}>
            {w.renew}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
