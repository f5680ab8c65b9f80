import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api, queries } from '../api/client';
import { Password } from '../parts/Password';
import { Refused } from '../parts/Refused';
import { useWords } from '../words/words';
import styles from './Door.module.css';
import { Door } from './Door';
import { meQuery } from './session';
import { words } from './words';

const route = getRouteApi('/sign-in');

export function SignIn() {
  const w = useWords(words);
  const { to } = route.useSearch();
  const router = useRouter();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const ways = useQuery({ queryKey: ['ways'], queryFn: () => answer(api.GET('/v1/login')) });
  const signIn = useMutation({
    mutationFn: () => answer(api.POST('/v1/login', { body: { name, password } })),
    onSuccess: (me) => {
      queries.clear(); // what somebody else has seen before
      queries.setQueryData(meQuery.queryKey, me);
      router.history.push(ofThisSite(to));
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    signIn.mutate();
  };
  return (
    <Door title={w.signIn} about={w.signInText}>
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
        <Password label={w.password} size="md" value={password} change={setPassword} />
        <Refused error={signIn.error} />
        <Button type="submit" size="md" loading={signIn.isPending}>
          {w.signIn}
        </Button>
      </form>
      {ways.data?.url && (
        <>
          <div className={styles.or}>{w.or}</div>
          <Button component="a" href={ways.data.url} size="md" variant="default" fullWidth>
            {w.withProvider}
          </Button>
        </>
      )}
    </Door>
  );
}

// ofThisSite keeps a link from sending anybody elsewhere.
function ofThisSite(to: string | undefined): string {
  return to && /^\/(?![/\\])/.test(to) ? to : '/';
}
