import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api, queries } from '../api/client';
import form from '../parts/Form.module.css';
import { Panel } from '../parts/Page';
import { Password } from '../parts/Password';
import { Refused } from '../parts/Refused';
import { Tag } from '../parts/Tag';
import { words as people } from '../people/words';
import { useWords } from '../words/words';
import { words } from './words';

export function ChangePassword() {
  const w = useWords(words);
  const p = useWords(people);
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const save = useMutation({
    mutationFn: () => answer(api.POST('/v1/me/password', { body: { old, new: fresh } })),
    onSuccess: () => {
      setOld('');
      setFresh('');
      return queries.invalidateQueries({ queryKey: ['logins'] });
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  return (
    <Panel title={w.changePassword}>
      <form className={`${form.form} ${form.narrow}`} onSubmit={submit}>
        <Password label={w.oldPassword} value={old} change={setOld} />
        <Password fresh label={w.newPassword} description={p.passwordRule} value={fresh} change={setFresh} />
        <span>{w.passwordEnds}</span>
        <Refused error={save.error} />
        {save.isSuccess && (
          <div role="status">
            <Tag tone="good">{w.passwordChanged}</Tag>
          </div>
        )}
        <div>
          <Button type="submit" loading={save.isPending}>
            {w.changePassword}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
