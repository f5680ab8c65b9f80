import { Button, Group, NativeSelect, Radio, Textarea, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { Dialog } from '../parts/Dialog';
import styles from '../parts/Form.module.css';
import { Refused } from '../parts/Refused';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import type { Attribute, Overtaken } from './attributes';
import { OvertakenNote } from './OvertakenNote';
import { kindOf, kindOfText, readValue, valueKinds, valueText, type ValueKind } from './values';
import { words } from './words';

interface Props {
  attribute: Attribute | undefined; // undefined: it is a new one
  taken: (key: string) => boolean;
  overtaken: Overtaken | undefined;
  busy: boolean;
  error: unknown;
  close: () => void;
  take: () => void; // what somebody else has made of it
  save: (key: string, value: unknown, over: boolean) => void; // over that, or what it was
}

// EditAttribute takes a value as one of the four kinds that there are. Of a new one the kind is what is typed, unless one says it.
export function EditAttribute({ attribute, taken, overtaken, busy, error, close, take, save }: Props) {
  const w = useWords(words);
  const p = useWords(partWords);
  const [key, setKey] = useState(attribute?.key ?? '');
  const [text, setText] = useState(attribute ? valueText(attribute.value) : '');
  const [chosen, choose] = useState(attribute && kindOf(attribute.value));
  const [judged, setJudged] = useState(false);
  const kind = chosen ?? kindOfText(text);
  const read = readValue(kind, text);
  const wrong = judged && 'wrong' in read ? w[`wrong${read.wrong}`] : undefined;
  const nameless = key.trim() === '';
  const known = !attribute && !overtaken && taken(key);
  const wrongKey = known ? w.keyTaken : judged && nameless ? w.keyMissing : undefined;
  const send = (over: boolean) => {
    setJudged(true);
    if ('value' in read && !known && !nameless) {
      save(key, read.value, over);
    }
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    send(false);
  };
  return (
    <Dialog onClose={close} title={attribute ? w.changeAttribute(attribute.key) : w.addAttribute}>
      <form className={styles.form} noValidate onSubmit={submit}>
        {!attribute && <TextInput label={w.key} error={wrongKey} maxLength={255} autoComplete="off" spellCheck={false} data-autofocus disabled={Boolean(overtaken)} value={key} onChange={(e) => setKey(e.currentTarget.value)} />}
        <Field kind={chosen} text={text} wrong={wrong} change={setText} />
        <NativeSelect
          label={w.keptAs}
          description={chosen ? undefined : w.keptAsHint}
          value={kind}
          onChange={(e) => choose(e.currentTarget.value as ValueKind)}
          data={valueKinds.map((k) => ({ value: k, label: w[`value${k}`] }))}
        />
        {overtaken && <OvertakenNote now={overtaken.now} busy={busy} keep={() => send(true)} take={take} />}
        <Refused error={error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {p.cancel}
          </Button>
          <Button type="submit" loading={busy}>
            {p.save}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}

interface FieldProps {
  kind: ValueKind | undefined;
  text: string;
  wrong: string | undefined;
  change: (text: string) => void;
}

function Field({ kind, text, wrong, change }: FieldProps) {
  const w = useWords(words);
  if (kind === 'boolean') {
    return (
      <Radio.Group label={w.value} error={wrong} value={text} onChange={change}>
        <Group mt={6} mb={4} gap="lg">
          <Radio value="true" label={w.yes} />
          <Radio value="false" label={w.no} />
        </Group>
      </Radio.Group>
    );
  }
  const mono = kind === 'json' ? (styles.mono ?? '') : '';
  return kind === 'number' ? (
    <TextInput label={w.value} inputMode="decimal" autoComplete="off" error={wrong} value={text} onChange={(e) => change(e.currentTarget.value)} />
  ) : (
    <Textarea label={w.value} autosize minRows={kind === 'json' ? 4 : 1} maxRows={14} spellCheck={kind !== 'json'} classNames={{ input: mono }} error={wrong} value={text} onChange={(e) => change(e.currentTarget.value)} />
  );
}
