import { Button, Checkbox, Group, NativeSelect } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../api/client';
import form from '../parts/Form.module.css';
import { Rows } from '../parts/Loading';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useProfileNames } from '../profiles/queries';
import { useLanguage, useWords } from '../words/words';
import { mappingOf, said, wrongWith, type Mapping } from './columns';
import { MappingTable } from './MappingTable';
import { Outcome } from './Outcome';
import { mostColumns, read, type Preview } from './preview';
import { failuresQuery, importQuery, learn, renewImports, type Import } from './queries';
import { words } from './words';

const most = 2e9; // bytes that the server takes

// HandIn shows what a file is taken for, has the server judge it, and hands it in.
export function HandIn({ file, change }: { file: File; change: (file: File | undefined) => void }) {
  const w = useWords(words);
  const p = useWords(partWords);
  const language = useLanguage();
  const { data: preview, error } = useQuery({ queryKey: ['preview', file.name, file.size, file.lastModified], staleTime: Infinity, gcTime: 0, queryFn: () => read(file) });
  const wide = (preview?.rows[0]?.cells.length ?? 0) > mostColumns;
  const size = `${(file.size / 1000).toLocaleString(language, { maximumFractionDigits: 1 })} kB`;
  return (
    <Panel
      title={`${file.name}, ${size}`}
      act={
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => change(undefined)}>
          {p.cancel}
        </Button>
      }
    >
      {file.size > most && <Refused error={w.tooLarge} />}
      {wide && <Refused error={w.tooWide(mostColumns.toLocaleString(language))} />}
      <Refused error={error} />
      {!preview && !error && <Rows count={3} />}
      {preview && !wide && file.size <= most && <Options file={file} preview={preview} />}
    </Panel>
  );
}

function Options({ file, preview }: { file: File; preview: Preview }) {
  const w = useWords(words);
  const navigate = useNavigate();
  const profiles = useProfileNames();
  const [profile, setProfile] = useState('');
  const [headless, setHeadless] = useState(false);
  const header = preview.rows[0]?.cells ?? [];
  const csv = preview.format === 'csv';
  const [mapping, setMapping] = useState<Mapping>(() => mappingOf(header, false));
  const query = {
    profile: profile || undefined,
    headless: (csv && headless) || undefined,
    column: csv ? said(header, mapping, headless) : undefined,
  };
  const { send, judged, tried } = useHandIn(file, query);
  const begin = (dryRun: boolean) =>
    send.mutate({ dryRun, query }, { onSuccess: (made) => (dryRun ? undefined : navigate({ to: '/bulk/$id', params: { id: made.id } })) });
  const { data: failures } = useQuery({ ...failuresQuery(tried?.id ?? '', tried?.failed ?? 0) });
  const wrong = csv ? wrongWith(mapping) : undefined;
  const turn = (is: boolean) => {
    setHeadless(is);
    setMapping(mappingOf(header, is));
  };
  return (
    <div className={form.form}>
      <MappingTable preview={preview} headless={headless} mapping={mapping} change={setMapping} failures={failures?.items ?? []} />
      {wrong && <p role="alert">{wrong.what === 'nameless' ? w.nameless : w[wrong.what](headless ? String(wrong.at + 1) : (header[wrong.at] ?? ''))}</p>}
      {csv && <Checkbox label={w.headless} checked={headless} onChange={(e) => turn(e.currentTarget.checked)} />}
      <NativeSelect
        label={w.profile}
        description={w.profileHint}
        value={profile}
        onChange={(e) => setProfile(e.currentTarget.value)}
        data={[{ value: '', label: 'default' }, ...profiles.filter((name) => name !== 'default').map((name) => ({ value: name, label: name }))]}
      />
      <Refused error={judged ? send.error : undefined} />
      <Group gap="xs">
        <Button variant={tried ? 'default' : 'filled'} disabled={Boolean(wrong)} loading={send.isPending && send.variables.dryRun} onClick={() => begin(true)}>
          {w.dryRun}
        </Button>
        <Button variant={tried ? 'filled' : 'default'} disabled={Boolean(wrong)} loading={send.isPending && !send.variables.dryRun} onClick={() => begin(false)}>
          {w.run}
        </Button>
      </Group>
      {tried && <Outcome of={tried} />}
    </div>
  );
}

interface Query {
  profile?: string;
  headless?: boolean;
  column?: string[];
}

// useHandIn hands the file in, and follows what becomes of a dry run. What was judged under another query than this one says nothing of it.
function useHandIn(file: File, query: Query) {
  const send = useMutation({
    mutationFn: ({ dryRun, query }: { dryRun: boolean; query: Query }): Promise<Import> =>
      answer(
        api.POST('/v1/imports', {
          params: { query: { ...query, file: file.name, dryRun } },
          body: file as never, // it goes as it is
          bodySerializer: (body: unknown) => body as File,
          headers: { 'Content-Type': 'text/csv' },
        }),
      ),
    onSuccess: async (made) => {
      learn(made);
      await renewImports();
    },
  });
  const id = send.data?.dryRun ? send.data.id : undefined;
  const { data: tried } = useQuery({ ...importQuery(id ?? ''), enabled: id !== undefined });
  const judged = JSON.stringify(send.variables?.query) === JSON.stringify(query);
  return { send, judged, tried: judged ? tried : undefined };
}
