import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../api/client';
import { Dialog } from '../parts/Dialog';
import form from '../parts/Form.module.css';
import { Once } from '../parts/Once';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import { bodyOfBounds, emptyBounds } from './bounds';
import { randomText } from './draft';
import { KeyBounds } from './KeyBounds';
import { KeyFields } from './KeyFields';
import { keyWords } from './keyWords';
import { renewProfiles } from './queries';

// NewKey makes one more key for a profile, such as for a batch: with dates, a maximum, networks and a pattern of names.
export function NewKey({ profile, close }: { profile: string; close: () => void }) {
  const w = useWords(keyWords);
  const p = useWords(partWords);
  const [key, setKey] = useState(() => ({ key: randomText(20), secret: randomText(32) }));
  const [bounds, setBounds] = useState(emptyBounds);
  const make = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/v1/provision-keys', {
          body: {
            profile,
            ...key,
            ...bodyOfBounds(bounds),
          },
        }),
      ),
    onSuccess: renewProfiles,
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    make.mutate();
  };
  return (
    <Dialog onClose={close} title={make.data ? w.keyMade : w.addKey} closeOnClickOutside={!make.data}>
      {make.data ? (
        <div className={form.form}>
          <Once
            all={[
              [w.key, make.data.key],
              [w.secret, make.data.secret],
            ]}
          />
          <Group justify="flex-end">
            <Button onClick={close}>{p.close}</Button>
          </Group>
        </div>
      ) : (
        <form className={form.form} onSubmit={submit}>
          <KeyFields value={key} change={setKey} />
          <KeyBounds value={bounds} change={setBounds} />
          <Refused error={make.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {p.cancel}
            </Button>
            <Button type="submit" loading={make.isPending}>
              {w.addKey}
            </Button>
          </Group>
        </form>
      )}
    </Dialog>
  );
}
