import { Button, Group, Modal, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../api/client';
import form from '../parts/Form.module.css';
import { Once } from '../parts/Once';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import { instant, lines } from '../parts/typed';
import { randomText } from './draft';
import { KeyFields } from './KeyFields';
import { renewProfiles } from './queries';
import { words } from './words';

// NewKey makes one more key for a profile, such as for a batch: with dates, a maximum, networks and a pattern of names.
export function NewKey({ profile, close }: { profile: string; close: () => void }) {
  const w = useWords(words);
  const p = useWords(partWords);
  const [key, setKey] = useState(() => ({ key: randomText(20), secret: randomText(32) }));
  const [bounds, setBounds] = useState({ from: '', until: '', most: '', networks: '', pattern: '' });
  const make = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/v1/provision-keys', {
          body: {
            profile,
            ...key,
            notBefore: instant(bounds.from),
            expiresAt: instant(bounds.until),
            maxDevices: Number(bounds.most) || undefined,
            networks: lines(bounds.networks),
            namePattern: bounds.pattern || undefined,
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
    <Modal opened onClose={close} title={make.data ? w.keyMade : w.addKey} closeButtonProps={{ 'aria-label': p.close }} closeOnClickOutside={!make.data}>
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
          <Group grow align="flex-start">
            <TextInput type="datetime-local" label={w.from} value={bounds.from} onChange={(e) => setBounds({ ...bounds, from: e.currentTarget.value })} />
            <TextInput type="datetime-local" label={w.until} value={bounds.until} onChange={(e) => setBounds({ ...bounds, until: e.currentTarget.value })} />
          </Group>
          <TextInput type="number" min={1} label={w.maxDevices} description={w.emptyAlways} value={bounds.most} onChange={(e) => setBounds({ ...bounds, most: e.currentTarget.value })} />
          <Textarea label={w.networks} description={w.networksHint} autosize minRows={1} value={bounds.networks} onChange={(e) => setBounds({ ...bounds, networks: e.currentTarget.value })} />
          <TextInput label={w.namePattern} description={w.namePatternHint} value={bounds.pattern} onChange={(e) => setBounds({ ...bounds, pattern: e.currentTarget.value })} />
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
    </Modal>
  );
}

