import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useWords } from '../words/words';
import type { FieldsProps } from './DetailsFields';
import { reprovisions, rotations, type Draft } from './draft';
import { fieldWords } from './fieldWords';

// SecurityFields are what a device of the profile is believed, and what becomes of one that asks again.
export function SecurityFields({ draft, change }: FieldsProps) {
  const w = useWords(fieldWords);
  return (
    <>
      <NativeSelect
        label={w.reprovision}
        value={draft.reprovision}
        onChange={(e) => change({ reprovision: e.currentTarget.value as Draft['reprovision'] })}
        data={reprovisions.map((r) => ({ value: r, label: w[`reprovision${r}`] }))}
      />
      <NativeSelect
        label={w.rotation}
        description={w.rotationHint}
        value={draft.rotation}
        onChange={(e) => change({ rotation: e.currentTarget.value as Draft['rotation'] })}
        data={rotations.map((r) => ({ value: r, label: w[`rotation${r}`] }))}
      />
      <TextInput
        type="number"
        min={0}
        max={3650}
        required
        withAsterisk={false}
        label={w.grace}
        description={w.graceHint}
        value={draft.graceDays}
        onChange={(e) => change({ graceDays: e.currentTarget.value })}
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
