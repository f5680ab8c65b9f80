import { useLanguage } from '../words/words';
import { Ago } from './Ago';
import styles from './When.module.css';

// When says on which day something is, and how far that is from now.
export function When({ at }: { at: string }) {
  const language = useLanguage();
  return (
    <span>
      {new Date(at).toLocaleDateString(language, { dateStyle: 'medium' })}
      <span className={styles.far}>
        <Ago at={at} />
      </span>
    </span>
  );
}
