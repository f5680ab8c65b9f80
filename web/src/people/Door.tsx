import { useEffect, type ReactNode } from 'react';
import { Mark } from '../app/Mark';
import styles from './Door.module.css';

// Door is the page of those who are not in yet.
export function Door({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Muster`;
  }, [title]);
  return (
    <main className={styles.door}>
      <div className={styles.card}>
        <Mark />
        <h1>{title}</h1>
        <p>{about}</p>
        {children}
      </div>
    </main>
  );
}
