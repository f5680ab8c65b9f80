import { TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { answer, api } from '../api/client';
import { useWords } from '../words/words';
import { words } from './words';

// DeviceField takes the name of a device, and proposes those that it may become.
export function DeviceField({ name, change }: { name: string; change: (name: string) => void }) {
  const w = useWords(words);
  const list = useId();
  const { data } = useQuery({
    queryKey: ['devices', 'names', name],
    enabled: name !== '',
    placeholderData: keepPreviousData,
    queryFn: () => answer(api.GET('/v1/devices', { params: { query: { search: name, limit: 8 } } })),
  });
  return (
    <>
      <TextInput
        label={w.device}
        description={w.deviceHint}
        required
        withAsterisk={false}
        maxLength={255}
        autoComplete="off"
        spellCheck={false}
        list={list}
        value={name}
        onChange={(e) => change(e.currentTarget.value)}
      />
      <datalist id={list}>
        {(data?.items ?? []).map((d) => (
          <option key={d.id} value={d.name} />
        ))}
      </datalist>
    </>
  );
}
