import { Checkbox, NativeSelect, Radio, TextInput } from '@mantine/core';
import { useState } from 'react';
import { PEM } from '../parts/PEM';
import { useWords } from '../words/words';
import { nameIn, nameSources, renewals, strategies, type Draft } from './draft';
import type { FieldsProps } from './ProfileFields';
import styles from './StrategyFields.module.css';
import { words } from './words';

// StrategyFields say how devices of the profile get in.
export function StrategyFields({ draft, change }: FieldsProps) {
  const w = useWords(words);
  return (
    <>
      <Radio.Group label={w.strategy} value={draft.strategy} onChange={(v) => change({ strategy: v as Draft['strategy'] })}>
        <div className={styles.choices}>
          {strategies.map((s) => (
            <Radio key={s} value={s} label={w[`strategy${s}`]} description={w[`strategy${s}Text`]} className={styles.choice ?? ''} data-chosen={s === draft.strategy || undefined} />
          ))}
        </div>
      </Radio.Group>
      {draft.strategy === 'x509-chain' && <ChainFields draft={draft} change={change} />}
    </>
  );
}

function ChainFields({ draft, change }: FieldsProps) {
  const w = useWords(words);
  const [name, setName] = useState('');
  const found = nameIn(draft.cnPattern, name);
  const told = found === undefined ? w.tryOutBroken : name === '' ? undefined : found === null ? w.tryOutNone : w.tryOutFound(found);
  return (
    <>
      <PEM label={w.ca} hint={w.caHint} text={draft.ca} change={(ca) => change({ ca })} />
      <NativeSelect
        label={w.nameFrom}
        value={draft.nameFrom}
        onChange={(e) => change({ nameFrom: e.currentTarget.value as Draft['nameFrom'] })}
        data={nameSources.map((n) => ({ value: n, label: w[`nameFrom${n}`] }))}
      />
      <TextInput label={w.pattern} description={w.patternHint} required withAsterisk={false} spellCheck={false} value={draft.cnPattern} onChange={(e) => change({ cnPattern: e.currentTarget.value })} />
      <div>
        <TextInput label={w.tryOut} description={w.tryOutHint} placeholder="pump-1.example.com" spellCheck={false} value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <p className={styles.told} role="status" data-good={Boolean(found && name) || undefined}>
          {told}
        </p>
      </div>
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
    </>
  );
}
