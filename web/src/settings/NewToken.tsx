import { Button, Group, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Dialog } from '../parts/Dialog';
import form from '../parts/Form.module.css';
import { Once } from '../parts/Once';
import { Refused } from '../parts/Refused';
import { instant, lines } from '../parts/typed';
import { words as partWords } from '../parts/words';
import { RoleChoice } from '../people/RoleChoice';
import { useMe, type Role } from '../people/session';
import { useWords } from '../words/words';
import { createOwnToken, createToken, renewTokens } from './queries';
import { words } from './words';

// NewToken makes a token for a script: as little as it needs, and for as long. An own one may no more than who makes it.
export function NewToken({ own, close }: { own?: boolean; close: () => void }) {
  const w = useWords(words);
  const p = useWords(partWords);
  const me = useMe();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [until, setUntil] = useState('');
  const [networks, setNetworks] = useState('');
  const make = useMutation({
    mutationFn: () => (own ? createOwnToken : createToken)({ name, role, expiresAt: instant(until), networks: lines(networks) }),
    onSuccess: renewTokens,
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    make.mutate();
  };
  return (
    <Dialog onClose={close} title={make.data ? w.tokenMade(make.data.name) : w.addToken} closeOnClickOutside={!make.data}>
      {make.data ? (
        <div className={form.form}>
          <Once all={[[w.token, make.data.secret]]} />
          <span>{w.tokenUse}</span>
          <Group justify="flex-end">
            <Button onClick={close}>{p.close}</Button>
          </Group>
        </div>
      ) : (
        <form className={form.form} onSubmit={submit}>
          <TextInput
            label={w.name}
            description={w.tokenNameHint}
            required
            withAsterisk={false}
            maxLength={64}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <RoleChoice value={role} change={setRole} most={own ? me.role : undefined} />
          <TextInput type="datetime-local" label={w.until} description={w.untilHint} value={until} onChange={(e) => setUntil(e.currentTarget.value)} />
          <Textarea label={w.networks} description={w.networksHint} autosize minRows={1} spellCheck={false} value={networks} onChange={(e) => setNetworks(e.currentTarget.value)} />
          <Refused error={make.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {p.cancel}
            </Button>
            <Button type="submit" loading={make.isPending}>
              {w.addToken}
            </Button>
          </Group>
        </form>
      )}
    </Dialog>
  );
}
