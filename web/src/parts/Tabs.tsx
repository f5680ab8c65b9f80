import { useRouterState } from '@tanstack/react-router';
import { useEffect, useRef, type ReactNode } from 'react';
import styles from './Tabs.module.css';

// Tabs hold links to the parts of a page, of which each has its address. Where there is room for some only, the present one is shown.
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  const list = useRef<HTMLElement>(null);
  const href = useRouterState({ select: (s) => s.location.href });
  useEffect(() => {
    const all = list.current;
    const present = all?.querySelector<HTMLElement>('[aria-current]');
    if (all && present) {
      all.scrollLeft = present.offsetLeft - all.offsetLeft - (all.clientWidth - present.offsetWidth) / 2;
    }
  }, [href]);
  return (
    <nav ref={list} className={styles.tabs} aria-label={label}>
      {children}
    </nav>
  );
}
