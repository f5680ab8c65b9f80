import { Button, Group } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api, isStale, queries, type Schemas } from '../api/client';
import { Dialog } from '../parts/Dialog';
import form from '../parts/Form.module.css';
import { Rows } from '../parts/Loading';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import { boundsOf, changeOfBounds } from './bounds';
import { KeyBounds } from './KeyBounds';
import { keyWords } from './keyWords';
import { keyQuery, renewProfiles } from './queries';
import { rehearsalWords } from './rehearsalWords';
import { Rehearsed } from './Rehearsed';

// EditKey changes for whom a key opens, and says beforehand whom of the last week that would have met.
export function EditKey({ of, close }: { of: Schemas['ProvisionKey']; close: () => void }) {
  const w = useWords(keyWords);
  const { data, error } = useQuery({ ...keyQuery(of.id), staleTime: 0 });
  return (
    <Dialog onClose={close} size="lg" title={w.editKeyTitle(of.key)}>
      <Refused error={error} />
      {!data && !error && <Rows />}
      {data && <Fields of={data} close={close} />}
    </Dialog>
  );
}

function Fields({ of, close }: { of: Schemas['ProvisionKey'] & { version: string }; close: () => void }) {
  const w = useWords(keyWords);
  const r = useWords(rehearsalWords);
  const p = useWords(partWords);
  const [version, setVersion] = useState(of.version);
  const [bounds, setBounds] = useState(() => boundsOf(of));
  const change = changeOfBounds(bounds, of);
  const save = useMutation({
    mutationFn: () => answer(api.PATCH('/v1/provision-keys/{key}', { params: { path: { key: of.id }, header: { 'If-Match': [version] } }, body: change })),
    onSuccess: () => {
      close();
      return renewProfiles();
    },
    onError: async (error) => {
      if (isStale(error)) {
        setVersion((await queries.fetchQuery({ ...keyQuery(of.id), staleTime: 0 })).version);
      }
    },
  });
  const rehearse = useMutation({
    mutationFn: () =>
      answer(api.POST('/v1/profiles/{name}/rehearse', { params: { path: { name: of.profile } }, body: { days: 7, samples: 5, provisionKey: { key: of.id, ...change } } })),
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  return (
    <form className={form.form} onSubmit={submit}>
      <span>{w.editKeyText}</span>
      <KeyBounds
        value={bounds}
        change={(b) => {
          rehearse.reset();
          setBounds(b);
        }}
      />
      {isStale(save.error) ? (
        <div className={form.changed} role="alert">
          <p>{w.keyChanged}</p>
        </div>
      ) : (
        <Refused error={save.error ?? rehearse.error} />
      )}
      {rehearse.data && <Rehearsed of={rehearse.data} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" loading={rehearse.isPending} onClick={() => rehearse.mutate()}>
          {r.rehearse}
        </Button>
        <Button type="submit" loading={save.isPending}>
          {p.save}
        </Button>
      </Group>
    </form>
  );
}
