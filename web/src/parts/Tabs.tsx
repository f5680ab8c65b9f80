import type { ReactNode } from 'react';
import styles from './Tabs.module.css';

// Tabs hold links to the parts of a page, of which each has its address.
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {children}
    </nav>
  );
}
