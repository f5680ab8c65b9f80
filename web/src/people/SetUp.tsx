import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api, queries } from '../api/client';
import { Password } from '../parts/Password';
import { Refused } from '../parts/Refused';
import { useWords } from '../words/words';
import styles from './Door.module.css';
import { Door } from './Door';
import { meQuery } from './session';
import { words } from './words';

const route = getRouteApi('/setup');

export function SetUp() {
  const w = useWords(words);
  const { token } = route.useSearch();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const setUp = useMutation({
    mutationFn: () => answer(api.POST('/v1/setup', { body: { link: token ?? '', name, password } })),
    onSuccess: (me) => {
      queries.setQueryData(meQuery.queryKey, me);
      return navigate({ to: '/', replace: true });
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setUp.mutate();
  };
  if (!token) {
    return (
      <Door title={w.setUp} about={w.linkMissing}>
        {null}
      </Door>
    );
  }
  return (
    <Door title={w.setUp} about={w.setUpText}>
      <form className={styles.form} onSubmit={submit}>
        <TextInput
          label={w.name}
          size="md"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          required
          withAsterisk={false}
          autoFocus
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Password fresh label={w.password} description={w.passwordRule} size="md" value={password} change={setPassword} />
        <Refused error={setUp.error} />
        <Button type="submit" size="md" loading={setUp.isPending}>
          {w.makeAdmin}
        </Button>
      </form>
    </Door>
  );
}
