import { Button, Checkbox, Group, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api, isRefusedFor } from '../api/client';
import { Dialog } from '../parts/Dialog';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useProfileNames } from '../profiles/queries';
import { useWords } from '../words/words';
import styles from '../parts/Form.module.css';
import { renewDevices, type WholeDevice } from './queries';
import { parseTags, tagLines } from './tags';
import { words } from './words';

// EditDevice changes a device as it was when the dialog was opened. Where somebody else has changed it since, it says so, and what is
// there now is taken over, or saved over, as one chooses.
export function EditDevice({ device, close }: { device: WholeDevice; close: () => void }) {
  const w = useWords(words);
  const p = useWords(partWords);
  const navigate = useNavigate();
  const profiles = useProfileNames();
  const [name, setName] = useState(device.name);
  const [profile, setProfile] = useState(device.profile);
  const [label, setLabel] = useState(device.label ?? '');
  const [tags, setTags] = useState(tagLines(device.tags));
  const [description, setDescription] = useState(device.description ?? '');
  const [gateway, setGateway] = useState(device.gateway ?? false);
  const [version] = useState(device.version);
  const save = useMutation({
    mutationFn: (version: string | undefined) =>
      answer(
        api.PATCH('/v1/devices/{name}', {
          params: { path: { name: device.name }, header: version ? { 'If-Match': [version] } : {} },
          body: { name, profile, label, description, gateway, tags: tags === tagLines(device.tags) ? undefined : parseTags(tags) },
        }),
      ),
    onSuccess: async (now) => {
      close();
      await navigate({ to: '/devices/$name', params: { name: now.name }, search: true, replace: true });
      await renewDevices();
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate(version);
  };
  return (
    <Dialog onClose={close} title={w.editTitle(device.name)}>
      <form className={styles.form} onSubmit={submit}>
        <TextInput label={w.name} required withAsterisk={false} maxLength={255} value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <NativeSelect label={w.profile} value={profile} onChange={(e) => setProfile(e.currentTarget.value)} data={profiles.length > 0 ? profiles : [profile]} />
        <TextInput label={w.label} maxLength={255} value={label} onChange={(e) => setLabel(e.currentTarget.value)} />
        <Textarea label={w.tags} description={w.tagsHint} autosize minRows={2} value={tags} onChange={(e) => setTags(e.currentTarget.value)} />
        <Textarea label={w.description} maxLength={1000} autosize minRows={2} maxRows={8} value={description} onChange={(e) => setDescription(e.currentTarget.value)} />
        <Checkbox label={w.gatewayHint} checked={gateway} onChange={(e) => setGateway(e.currentTarget.checked)} />
        <Refused error={save.error} />
        {isRefusedFor(save.error, 'version-stale') && (
          <Group gap="xs">
            <Button size="compact-sm" variant="default" onClick={() => void renewDevices().then(close)}>
              {w.takeTheirs}
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => save.mutate(undefined)}>
              {w.keepMine}
            </Button>
          </Group>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {p.cancel}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {p.save}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
