import { Button, Group, TextInput } from '@mantine/core';
import { CopyButton } from '../parts/CopyButton';
import form from '../parts/Form.module.css';
import { useWords } from '../words/words';
import { randomText } from './draft';
import { keyWords } from './keyWords';

export interface KeyDraft {
  key: string;
  secret: string;
}

// KeyFields are what devices bring to get in: made up, to be copied, and to be changed by who has them already.
export function KeyFields({ value, change }: { value: KeyDraft; change: (k: KeyDraft) => void }) {
  const w = useWords(keyWords);
  return (
    <>
      <TextInput
        label={w.key}
        description={w.keyHint}
        required
        withAsterisk={false}
        maxLength={255}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: form.mono ?? '' }}
        value={value.key}
        onChange={(e) => change({ ...value, key: e.currentTarget.value })}
        rightSection={<CopyButton text={value.key} what={w.key} />}
      />
      <TextInput
        label={w.secret}
        description={w.secretHint}
        required
        withAsterisk={false}
        maxLength={255}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: form.mono ?? '' }}
        value={value.secret}
        onChange={(e) => change({ ...value, secret: e.currentTarget.value })}
        rightSection={<CopyButton text={value.secret} what={w.secret} />}
      />
      <Group>
        <Button size="compact-xs" variant="subtle" onClick={() => change({ key: randomText(20), secret: randomText(32) })}>
          {w.generate}
        </Button>
      </Group>
    </>
  );
}
