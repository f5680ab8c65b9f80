import { When } from '../parts/When';
import styles from './Path.module.css';
import { certificatesIn, commonName } from './x509';

// Path shows a certificate and those above it, each signed by the one behind it.
export function Path({ text }: { text: string }) {
  const all = certificatesIn(text);
  if (all.length === 0) {
    return null;
  }
  return (
    <ol className={styles.path}>
      {all.map((c, i) => (
        <li key={i}>
          <strong title={c.subject}>{commonName(c.subject)}</strong>
          <small>
            {c.key} · <When at={c.notAfter} />
          </small>
        </li>
      ))}
    </ol>
  );
}
