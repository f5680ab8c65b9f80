import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { Choices } from '../parts/Choices';
import form from '../parts/Form.module.css';
import { PEM } from '../parts/PEM';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import type { FieldsProps } from './DetailsFields';
import { nameSources, renewals, revocations, strategies, type Draft } from './draft';
import { fieldWords } from './fieldWords';
import { TryOut } from './TryOut';

// StrategyFields say how devices of the profile get in.
export function StrategyFields({ draft, change }: FieldsProps) {
  const w = useWords(fieldWords);
  return (
    <>
      <Choices label={w.strategy} value={draft.strategy} all={strategies.map((s) => [s, w[`strategy${s}`], w[`strategy${s}Text`]])} change={(strategy) => change({ strategy })} />
      {draft.strategy === 'x509-chain' && <ChainFields draft={draft} change={change} />}
    </>
  );
}

function ChainFields({ draft, change }: FieldsProps) {
  const w = useWords(fieldWords);
  const may = useMay('operator');
  return (
    <>
      <PEM several label={w.ca} hint={w.caHint} text={draft.ca} change={(ca) => change({ ca })} />
      <NativeSelect
        label={w.nameFrom}
        value={draft.nameFrom}
        onChange={(e) => change({ nameFrom: e.currentTarget.value as Draft['nameFrom'] })}
        data={nameSources.map((n) => ({ value: n, label: w[`nameFrom${n}`] }))}
      />
      <TextInput
        label={w.pattern}
        description={w.patternHint}
        required
        withAsterisk={false}
        maxLength={1000}
        spellCheck={false}
        classNames={{ input: form.mono ?? '' }}
        value={draft.cnPattern}
        onChange={(e) => change({ cnPattern: e.currentTarget.value })}
      />
      {may && <TryOut draft={draft} />}
      <Checkbox label={w.allowCreate} description={w.allowCreateHint} checked={draft.allowCreate} onChange={(e) => change({ allowCreate: e.currentTarget.checked })} />
      {draft.allowCreate && (
        <TextInput type="number" min={0} label={w.maxCreated} description={w.zeroAny} value={draft.maxDevices} onChange={(e) => change({ maxDevices: e.currentTarget.value })} />
      )}
      <NativeSelect
        label={w.renewal}
        value={draft.renewal}
        onChange={(e) => change({ renewal: e.currentTarget.value as Draft['renewal'] })}
        data={renewals.map((r) => ({ value: r, label: w[`renewal${r}`] }))}
      />
      <NativeSelect
        label={w.revocation}
        value={draft.revocation}
        onChange={(e) => change({ revocation: e.currentTarget.value as Draft['revocation'] })}
        data={revocations.map((r) => ({ value: r, label: w[`revocation${r}`] }))}
      />
      <TextInput
        label={w.ocsp}
        description={w.ocspHint}
        placeholder="http://ocsp.example/"
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: form.mono ?? '' }}
        value={draft.ocsp}
        onChange={(e) => change({ ocsp: e.currentTarget.value })}
      />
    </>
  );
}
