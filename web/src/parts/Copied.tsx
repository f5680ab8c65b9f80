import { CopyButton } from './CopyButton';
import styles from './Copied.module.css';

// Copied is a text of a machine's, such as a number or an address, that is copied with a press.
export function Copied({ text, what }: { text: string; what: string }) {
  return (
    <span className={styles.copied}>
      <code>{text}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}
