import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../api/client';
import { Dialog } from '../parts/Dialog';
import form from '../parts/Form.module.css';
import { Password } from '../parts/Password';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { words as people } from '../people/words';
import { useWords } from '../words/words';
import { renewUsers } from './queries';
import { words } from './words';

// SetPassword gives somebody another password, and signs them out everywhere.
export function SetPassword({ name, close }: { name: string; close: () => void }) {
  const w = useWords(words);
  const p = useWords(people);
  const part = useWords(partWords);
  const [password, setPassword] = useState('');
  const save = useMutation({
    mutationFn: () => answer(api.POST('/v1/users/{name}/password', { params: { path: { name } }, body: { password } })),
    onSuccess: () => {
      close();
      return renewUsers();
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  return (
    <Dialog onClose={close} title={w.setPasswordTitle(name)}>
      <form className={form.form} onSubmit={submit}>
        <span>{w.setPasswordText}</span>
        <Password fresh label={p.password} description={p.passwordRule} value={password} change={setPassword} />
        <Refused error={save.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {part.cancel}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {w.setPassword}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
