import { NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '../api/client';
import { Confirm } from '../parts/Confirm';
import form from '../parts/Form.module.css';
import { useWords } from '../words/words';
import { isWhole, type Chosen, type Field, type Mend } from './mend';
import { words } from './words';

interface Props {
  mend: Mend;
  close: () => void;
  done: (chosen: Chosen) => void;
}

// MendDialog says what a mend changes, asks for what is left to say, and does it.
export function MendDialog({ mend, close, done }: Props) {
  const w = useWords(words);
  const [chosen, setChosen] = useState<Chosen>(() => Object.fromEntries(mend.fields?.map((f) => [f.key, f.initial]) ?? []));
  const apply = useMutation({
    mutationFn: () => mend.apply(chosen),
    onSuccess: () => {
      done(chosen);
      return queries.invalidateQueries();
    },
    onError: () => queries.invalidateQueries({ queryKey: ['mends'] }), // it may have been planned for what is no more
  });
  return (
    <Confirm
      title={w[`act${mend.kind}`]}
      act={w[`act${mend.kind}`]}
      calm={!mend.loses}
      error={apply.error}
      busy={apply.isPending}
      unready={mend.fields?.some((f) => !isWhole(f.key, chosen[f.key] ?? ''))}
      close={close}
      go={() => apply.mutate()}
    >
      <div className={form.form}>
        <span>{w[`does${mend.kind}`](mend.about, mend.was ?? '')}</span>
        {mend.fields?.map((f) => (
          <MendField key={f.key} of={f} rate={mend.kind === 'raiseRate'} value={chosen[f.key] ?? ''} change={(value) => setChosen({ ...chosen, [f.key]: value })} />
        ))}
      </div>
    </Confirm>
  );
}

interface FieldProps {
  of: Field;
  rate: boolean;
  value: string;
  change: (value: string) => void;
}

function MendField({ of: { key, choices }, rate, value, change }: FieldProps) {
  const w = useWords(words);
  const label = key === 'number' && rate ? w.numberrate : w[key];
  if (choices) {
    const terms: Record<string, unknown> = w;
    return (
      <NativeSelect label={label} value={value} onChange={(e) => change(e.currentTarget.value)} data={choices.map((c) => ({ value: c, label: key === 'profile' ? c : String(terms[`${key}${c}`]) }))} />
    );
  }
  return (
    <TextInput
      label={label}
      type={key === 'number' ? 'number' : 'text'}
      min={1}
      maxLength={255}
      autoComplete="off"
      spellCheck={false}
      classNames={{ input: (key === 'pattern' && form.mono) || '' }}
      value={value}
      onChange={(e) => change(e.currentTarget.value)}
    />
  );
}
