import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useWords } from '../words/words';
import { reprovisions, type Draft } from './draft';
import { words } from './words';

export interface FieldsProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

export function DetailsFields({ draft, change }: FieldsProps) {
  const w = useWords(words);
  return (
    <>
      <TextInput label={w.name} description={w.nameHint} required withAsterisk={false} maxLength={255} autoComplete="off" value={draft.name} onChange={(e) => change({ name: e.currentTarget.value })} />
      <Textarea label={w.description} description={w.descriptionHint} autosize minRows={2} value={draft.description} onChange={(e) => change({ description: e.currentTarget.value })} />
    </>
  );
}

export function ConnectionFields({ draft, change }: FieldsProps) {
  const w = useWords(words);
  return (
    <>
      <p style={{ margin: 0, color: 'var(--quiet)' }}>{w.topics}</p>
      <TextInput
        type="number"
        min={1}
        max={16}
        required
        withAsterisk={false}
        label={w.sessions}
        description={w.sessionsHint}
        value={draft.sessions}
        onChange={(e) => change({ sessions: e.currentTarget.value })}
      />
      <TextInput
        type="number"
        min={0}
        max={65535}
        required
        withAsterisk={false}
        label={w.retention}
        description={w.retentionHint}
        value={draft.retentionDays}
        onChange={(e) => change({ retentionDays: e.currentTarget.value })}
      />
    </>
  );
}

export function SecurityFields({ draft, change }: FieldsProps) {
  const w = useWords(words);
  return (
    <>
      <NativeSelect
        label={w.reprovision}
        value={draft.reprovision}
        onChange={(e) => change({ reprovision: e.currentTarget.value as Draft['reprovision'] })}
        data={reprovisions.map((r) => ({ value: r, label: w[`reprovision${r}`] }))}
      />
      <Checkbox label={w.holdNew} checked={draft.holdNew} onChange={(e) => change({ holdNew: e.currentTarget.checked })} />
      <Checkbox label={w.hideReasons} checked={draft.hideReasons} onChange={(e) => change({ hideReasons: e.currentTarget.checked })} />
      <Textarea label={w.audiences} description={w.audiencesHint} autosize minRows={2} spellCheck={false} value={draft.audiences} onChange={(e) => change({ audiences: e.currentTarget.value })} />
      <TextInput label={w.lifetime} description={w.lifetimeHint} value={draft.maxLifetime} onChange={(e) => change({ maxLifetime: e.currentTarget.value })} />
      <TextInput label={w.skew} description={w.skewHint} value={draft.skew} onChange={(e) => change({ skew: e.currentTarget.value })} />
      <Checkbox label={w.outlive} checked={draft.outliveExp} onChange={(e) => change({ outliveExp: e.currentTarget.checked })} />
    </>
  );
}
