import type { ReactNode } from 'react';
import styles from './Tag.module.css';

export type Tone = 'good' | 'bad' | 'care' | 'quiet';

// Tag is a state in a word. Its dot says the same in a colour.
export function Tag({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={styles.tag} data-tone={tone}>
      {children}
    </span>
  );
}
