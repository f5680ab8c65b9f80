import { Button, FileButton, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useWords } from '../words/words';
import styles from './Form.module.css';
import { words } from './words';

const most = 1 << 20; // bytes of a file: none that is meant is larger

interface Props {
  label: string;
  hint: string;
  text: string;
  several?: boolean; // files are added to what is there
  change: (text: string) => void;
}

// PEM takes a text that is pasted, or a file of it.
export function PEM({ label, hint, text, several = false, change }: Props) {
  const w = useWords(words);
  const [tooLarge, setTooLarge] = useState<string>();
  const add = async (files: File | File[] | null) => {
    const chosen = [files ?? []].flat();
    const large = chosen.find((file) => file.size > most);
    setTooLarge(large?.name);
    if (large) {
      return;
    }
    const texts = await Promise.all(chosen.map((file) => file.text()));
    if (texts.length > 0) {
      change([several ? text : '', ...texts].map((t) => t.trim()).filter(Boolean).join('\n') + '\n');
    }
  };
  return (
    <div className={styles.pem}>
      <Textarea
        label={label}
        description={hint}
        placeholder="-----BEGIN …"
        autosize
        minRows={5}
        maxRows={12}
        spellCheck={false}
        classNames={{ input: styles.mono ?? '' }}
        error={tooLarge && w.tooLarge(tooLarge)}
        value={text}
        onChange={(e) => change(e.currentTarget.value)}
      />
      <FileButton multiple={several} onChange={(files) => void add(files)} accept=".pem,.crt,.cer,.pub,.key,.csr">
        {(props) => (
          <Button {...props} size="compact-xs" variant="subtle">
            {several ? w.fromFiles : w.fromFile}
          </Button>
        )}
      </FileButton>
    </div>
  );
}
