import { useLanguage } from '../words/words';
import styles from './Value.module.css';

// Value is a value as it is kept, typed: a text is told from a number.
export function Value({ value }: { value: unknown }) {
  const language = useLanguage();
  if (typeof value === 'number') {
    return <span className={styles.number}>{value.toLocaleString(language, { maximumSignificantDigits: 17 })}</span>;
  }
  if (typeof value === 'string') {
    return <span>{value}</span>;
  }
  return <code className={styles.json}>{JSON.stringify(value)}</code>;
}
