import { Button, Group, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { Dialog } from '../parts/Dialog';
import { Once } from '../parts/Once';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import { emptyDraft, evidenceOf, isWhole } from './evidence';
import { EvidenceFields } from './EvidenceFields';
import styles from '../parts/Form.module.css';
import { renewDevices } from './queries';
import { words } from './words';

interface Props {
  device: string;
  old: Schemas['Credential'] | undefined; // in whose place it comes; undefined: it is one more
  close: () => void;
}

export function NewCredential({ device, old, close }: Props) {
  const w = useWords(words);
  const p = useWords(partWords);
  const [draft, setDraft] = useState({ ...emptyDraft, kind: old?.kind ?? emptyDraft.kind });
  const [expires, setExpires] = useState('');
  const make = useMutation({
    mutationFn: () => {
      const body = { ...evidenceOf(draft), expiresAt: expires ? new Date(expires).toISOString() : undefined };
      return old
        ? answer(api.POST('/v1/devices/{name}/credentials/{id}/rotate', { params: { path: { name: device, id: old.id } }, body }))
        : answer(api.POST('/v1/devices/{name}/credentials', { params: { path: { name: device } }, body }));
    },
    onSuccess: async (made) => {
      await renewDevices();
      if (!made.token) {
        close();
      }
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    make.mutate();
  };
  return (
    <Dialog onClose={close} title={old ? w.rotateTitle : w.addCredential} closeOnClickOutside={!make.data}>
      {make.data?.token ? (
        <div className={styles.form}>
          <strong>{w.madeCredential}</strong>
          <Once all={[[w.token, make.data.token]]} />
          <Group justify="flex-end">
            <Button onClick={close}>{p.close}</Button>
          </Group>
        </div>
      ) : (
        <form className={styles.form} onSubmit={submit}>
          {old && <p style={{ margin: 0, color: 'var(--quiet)' }}>{w.rotateText}</p>}
          <EvidenceFields draft={draft} change={setDraft} />
          <TextInput type="datetime-local" label={w.expires} description={w.expiresHint} value={expires} onChange={(e) => setExpires(e.currentTarget.value)} />
          <Refused error={make.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {p.cancel}
            </Button>
            <Button type="submit" loading={make.isPending} disabled={!isWhole(draft)}>
              {old ? w.rotate : w.addCredential}
            </Button>
          </Group>
        </form>
      )}
    </Dialog>
  );
}
