import { Button, Group, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../api/client';
import { Choices } from '../parts/Choices';
import { Dialog } from '../parts/Dialog';
import form from '../parts/Form.module.css';
import { PEM } from '../parts/PEM';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import { Path } from './Path';
import { renewCertificates } from './queries';
import { words } from './words';

// ImportAuthority hands in an authority that was made elsewhere, with its key or with where that is.
export function ImportAuthority({ close }: { close: () => void }) {
  const w = useWords(words);
  const p = useWords(partWords);
  const [certificates, setCertificates] = useState('');
  const [where, setWhere] = useState<'here' | 'socket'>('here');
  const [key, setKey] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [socket, setSocket] = useState('');
  const hand = useMutation({
    mutationFn: () =>
      answer(api.POST('/v1/ca/import', { body: { certificates, ...(where === 'here' ? { key, passphrase: passphrase || undefined } : { socket }) } })),
    onSuccess: () => {
      close();
      return renewCertificates();
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    hand.mutate();
  };
  const whole = certificates.trim() !== '' && (where === 'here' ? key.trim() !== '' : socket !== '');
  return (
    <Dialog onClose={close} size="lg" title={w.importTitle}>
      <form className={form.form} onSubmit={submit}>
        <span>{w.importText}</span>
        <PEM label={w.importCertificates} hint={w.importCertificatesHint} text={certificates} change={setCertificates} />
        <Path text={certificates} />
        <Choices
          label={w.importKey}
          value={where}
          change={setWhere}
          all={[
            ['here', w.importKeyHere, w.importKeyHereText],
            ['socket', w.importKeySocket, w.importKeySocketText],
          ]}
        />
        {where === 'here' ? (
          <>
            <PEM label={w.privateKey} hint={w.importKeyHint} text={key} change={setKey} />
            <PasswordInput label={w.passphrase} description={w.passphraseHint} autoComplete="off" value={passphrase} onChange={(e) => setPassphrase(e.currentTarget.value)} />
          </>
        ) : (
          <TextInput label={w.socket} placeholder="/run/muster/issuing.socket" maxLength={100} spellCheck={false} value={socket} onChange={(e) => setSocket(e.currentTarget.value)} />
        )}
        <Refused error={hand.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {p.cancel}
          </Button>
          <Button type="submit" loading={hand.isPending} disabled={!whole}>
            {w.import}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
