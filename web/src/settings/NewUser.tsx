import { Button, Group, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../api/client';
import { Dialog } from '../parts/Dialog';
import form from '../parts/Form.module.css';
import { Password } from '../parts/Password';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { RoleChoice } from '../people/RoleChoice';
import type { Role } from '../people/session';
import { words as people } from '../people/words';
import { useWords } from '../words/words';
import { renewUsers } from './queries';
import { words } from './words';

export function NewUser({ close }: { close: () => void }) {
  const w = useWords(words);
  const p = useWords(people);
  const part = useWords(partWords);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState('');
  const make = useMutation({
    mutationFn: () => answer(api.POST('/v1/users', { body: { name, role, password } })),
    onSuccess: () => {
      close();
      return renewUsers();
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    make.mutate();
  };
  return (
    <Dialog onClose={close} title={w.addUser}>
      <form className={form.form} onSubmit={submit}>
        <TextInput
          label={w.name}
          description={w.userNameRule}
          required
          withAsterisk={false}
          maxLength={64}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <RoleChoice value={role} change={setRole} />
        <Password fresh label={p.password} description={p.passwordRule} value={password} change={setPassword} />
        <Refused error={make.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {part.cancel}
          </Button>
          <Button type="submit" loading={make.isPending}>
            {w.addUser}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
