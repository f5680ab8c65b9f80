import { Textarea, TextInput } from '@mantine/core';
import { useWords } from '../words/words';
import type { Draft } from './draft';
import { fieldWords } from './fieldWords';

export interface FieldsProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

export function DetailsFields({ draft, change }: FieldsProps) {
  const w = useWords(fieldWords);
  return (
    <>
      <TextInput label={w.name} description={w.nameHint} required withAsterisk={false} maxLength={255} autoComplete="off" value={draft.name} onChange={(e) => change({ name: e.currentTarget.value })} />
      <Textarea label={w.description} description={w.descriptionHint} autosize minRows={2} value={draft.description} onChange={(e) => change({ description: e.currentTarget.value })} />
    </>
  );
}
