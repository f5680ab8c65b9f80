import { CopyButton } from './CopyButton';
import styles from './Code.module.css';

// Code is a text to be copied as a whole, such as a command.
export function Code({ label, text }: { label: string; text: string }) {
  return (
    <div className={styles.frame}>
      <pre role="group" aria-label={label} tabIndex={0} className={styles.code}>
        {text}
      </pre>
      <div className={styles.copy}>
        <CopyButton text={text} what={label} />
      </div>
    </div>
  );
}
