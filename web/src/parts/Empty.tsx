import type { ReactNode } from 'react';
import styles from './Empty.module.css';

// Empty stands where nothing is yet, and says what comes next.
export function Empty({ title, children, act }: { title: string; children?: ReactNode; act?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {act}
    </div>
  );
}
