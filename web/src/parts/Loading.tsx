import { Skeleton } from '@mantine/core';
import { useWords } from '../words/words';
import styles from './Page.module.css';
import { words } from './words';

// Loading stands for a page that is on its way.
export function Loading() {
  const w = useWords(words);
  return (
    <div className={styles.page} role="status" aria-label={w.loading}>
      <Skeleton height={28} width={180} />
      <Rows />
    </div>
  );
}

// Rows stand for those of a table.
export function Rows({ count = 6 }: { count?: number }) {
  return (
    <div className={styles.rows}>
      {Array.from({ length: count }, (_, i) => (
        <Skeleton key={i} height={14} width={`${92 - ((i * 17) % 40)}%`} />
      ))}
    </div>
  );
}
