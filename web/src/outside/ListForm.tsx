import { Button, FileInput, Group, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../api/client';
import { Choices } from '../parts/Choices';
import { Dialog } from '../parts/Dialog';
import form from '../parts/Form.module.css';
import { PEM } from '../parts/PEM';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import { fileText, mostBytes } from './file';
import { renewLists, type RevocationList } from './queries';
import { words } from './words';

interface Props {
  list: RevocationList | undefined; // of which a newer one is taken in; undefined: it is one more
  close: () => void;
}

// ListForm takes in a list by its address or from a file.
export function ListForm({ list, close }: Props) {
  const w = useWords(words);
  const p = useWords(partWords);
  const [name, setName] = useState(list?.name ?? '');
  const [by, setBy] = useState<'url' | 'file'>(list && !list.url ? 'file' : 'url');
  const [url, setURL] = useState(list?.url ?? '');
  const [file, setFile] = useState<File | null>(null);
  const [issuer, setIssuer] = useState('');
  const take = useMutation({
    mutationFn: async () => {
      const body = { issuer: issuer.trim() ? issuer : undefined, ...(by === 'url' ? { url } : { crl: file ? await fileText(file) : '' }) };
      return list
        ? answer(api.PATCH('/v1/revocation-lists/{name}', { params: { path: { name: list.name } }, body }))
        : answer(api.POST('/v1/revocation-lists', { body: { name, ...body } }));
    },
    onSuccess: () => {
      close();
      return renewLists();
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    take.mutate();
  };
  const tooLarge = file !== null && file.size > mostBytes;
  const whole = name !== '' && (by === 'url' ? url !== '' : file !== null && !tooLarge);
  return (
    <Dialog onClose={close} title={list ? w.newerTitle(list.name) : w.addList}>
      <form className={form.form} onSubmit={submit}>
        {!list && (
          <TextInput label={w.name} description={w.nameHint} required withAsterisk={false} maxLength={255} autoComplete="off" data-autofocus value={name} onChange={(e) => setName(e.currentTarget.value)} />
        )}
        <Choices
          label={w.from}
          value={by}
          change={setBy}
          all={[
            ['url', w.byURL, w.byURLText],
            ['file', w.byFile, w.byFileText],
          ]}
        />
        {by === 'url' ? (
          <TextInput label={w.address} placeholder="http://crl.example.com/plant.crl" maxLength={2000} spellCheck={false} value={url} onChange={(e) => setURL(e.currentTarget.value)} />
        ) : (
          <FileInput label={w.file} placeholder={w.choose} accept=".crl,.pem,.der" error={tooLarge && p.tooLarge(file.name)} value={file} onChange={setFile} />
        )}
        <PEM label={w.issuer} hint={w.issuerHint} text={issuer} change={setIssuer} />
        <Refused error={take.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {p.cancel}
          </Button>
          <Button type="submit" loading={take.isPending} disabled={!whole}>
            {list ? w.takeIn : w.addList}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
