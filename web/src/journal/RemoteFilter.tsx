import { TextInput } from '@mantine/core';
import { useTyped } from '../parts/useTyped';
import { useWords } from '../words/words';
import styles from './Journal.module.css';
import { isRemote } from './search';
import { words } from './words';

// RemoteFilter takes an address or a network. What is neither, or not yet, narrows nothing.
export function RemoteFilter({ value = '', onChange }: { value?: string; onChange: (text: string) => void }) {
  const w = useWords(words);
  const [text, setText] = useTyped(value, (typed) => {
    if (typed === '' || isRemote(typed)) {
      onChange(typed);
    }
  });
  return (
    <TextInput
      className={styles.remote}
      aria-label={w.remote}
      placeholder={w.remote}
      title={w.notRemote}
      error={text !== '' && !isRemote(text)}
      maxLength={64}
      spellCheck={false}
      value={text}
      onChange={(e) => setText(e.currentTarget.value.trim())}
    />
  );
}
