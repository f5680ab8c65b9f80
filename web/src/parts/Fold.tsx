import type { ReactNode } from 'react';
import styles from './Fold.module.css';
import form from './Form.module.css';

// Fold holds what most people need not see.
export function Fold({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className={styles.fold}>
      <summary>{title}</summary>
      <div className={form.form}>{children}</div>
    </details>
  );
}
