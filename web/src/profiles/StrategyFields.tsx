import { Checkbox, NativeSelect, Radio, TextInput } from '@mantine/core';
import form from '../parts/Form.module.css';
import { PEM } from '../parts/PEM';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { nameSources, renewals, revocations, strategies, type Draft } from './draft';
import type { FieldsProps } from './DetailsFields';
import styles from './StrategyFields.module.css';
import { TryOut } from './TryOut';
import { words } from './words';

// StrategyFields say how devices of the profile get in.
export function StrategyFields({ draft, change }: FieldsProps) {
  const w = useWords(words);
  return (
    <>
      <Radio.Group label={w.strategy} value={draft.strategy} onChange={(v) => change({ strategy: v as Draft['strategy'] })}>
        <div className={styles.choices}>
          {strategies.map((s) => (
            <Radio key={s} value={s} label={w[`strategy${s}`]} description={w[`strategy${s}Text`]} className={styles.choice ?? ''} />
          ))}
        </div>
      </Radio.Group>
      {draft.strategy === 'x509-chain' && <ChainFields draft={draft} change={change} />}
    </>
  );
}

function ChainFields({ draft, change }: FieldsProps) {
  const w = useWords(words);
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
    </>
  );
}
