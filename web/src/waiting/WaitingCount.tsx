import { useQuery } from '@tanstack/react-query';
import { useWords } from '../words/words';
import { countQuery, mostCounted } from './queries';
import styles from './Waiting.module.css';
import { words } from './words';

// WaitingCount says beside the name of the waiting room how many wait there, if somebody does.
export default function WaitingCount() {
  const w = useWords(words);
  const { data: n = 0 } = useQuery(countQuery);
  if (n === 0) {
    return null;
  }
  const text = n > mostCounted ? `${mostCounted}+` : String(n);
  return (
    <span className={styles.count} title={w.count(text)}>
      {text}
    </span>
  );
}
