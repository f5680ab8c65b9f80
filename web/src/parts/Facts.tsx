import type { ReactNode } from 'react';
import styles from './Facts.module.css';

// Facts are what is known of a thing, each with its name.
export function Facts({ all }: { all: [name: string, value: ReactNode][] }) {
  return (
    <dl className={styles.facts}>
      {all
        .filter(([, value]) => value !== undefined && value !== '' && value !== false && value !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
