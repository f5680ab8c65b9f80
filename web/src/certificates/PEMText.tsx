import { CopyButton } from '../parts/CopyButton';
import { Download } from '../parts/Download';
import { words as partWords } from '../parts/words';
import { useWords } from '../words/words';
import styles from './PEMText.module.css';
import { words } from './words';

interface Props {
  label: string;
  file: string;
  text: string;
  once?: boolean; // it is secret, and not shown again
  onKept?: () => void; // it was copied or saved
}

// PEMText shows a text that belongs in a file, to be copied or saved.
export function PEMText({ label, file, text, once, onKept }: Props) {
  const w = useWords(words);
  const p = useWords(partWords);
  return (
    <figure className={styles.text} data-once={once || undefined}>
      <figcaption>
        <span>
          {label} <code>{file}</code>
        </span>
        <span className={styles.acts}>
          <CopyButton text={text} what={label} onCopied={onKept} />
          <Download name={file} text={text} label={w.saveFile} primary={once} onSaved={onKept} />
        </span>
      </figcaption>
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
      {once && <p>{p.shownOnce}</p>}
    </figure>
  );
}
