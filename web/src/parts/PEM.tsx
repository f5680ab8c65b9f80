import { Button, FileButton, Textarea } from '@mantine/core';
import { useWords } from '../words/words';
import styles from './Form.module.css';
import { words } from './words';

interface Props {
  label: string;
  hint: string;
  text: string;
  change: (text: string) => void;
}

// PEM takes a text that is pasted, or a file of it.
export function PEM({ label, hint, text, change }: Props) {
  const w = useWords(words);
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
        value={text}
        onChange={(e) => change(e.currentTarget.value)}
      />
      <FileButton onChange={(file) => void file?.text().then(change)} accept=".pem,.crt,.cer,.pub">
        {(props) => (
          <Button {...props} size="compact-xs" variant="subtle">
            {w.fromFile}
          </Button>
        )}
      </FileButton>
    </div>
  );
}
