import { useWords } from '../words/words';
import { CopyButton } from './CopyButton';
import styles from './Once.module.css';
import { words } from './words';

// Once shows what is shown once: a name and a text that opens something.
export function Once({ all }: { all: [name: string, text: string][] }) {
  const w = useWords(words);
  return (
    <div className={styles.once}>
      <dl>
        {all.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{text}</code>
              <CopyButton text={text} what={name} />
            </dd>
          </div>
        ))}
      </dl>
      <p>{w.shownOnce}</p>
    </div>
  );
}
