import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../words/words';
import { BackIcon, NextIcon } from './icons';
import styles from './Pager.module.css';
import { words } from './words';

interface Props {
  after: string | undefined;
  next: string | undefined;
  go: (after: string | undefined) => void;
  children?: ReactNode;
}

// Pager goes through a list. A place in it is no number of rows, so one goes on, or begins again; the browser goes back.
export function Pager({ after, next, go, children }: Props) {
  const w = useWords(words);
  if (!after && !next && !children) {
    return null;
  }
  return (
    <div className={styles.pager}>
      <span>{children}</span>
      {(after || next) && (
        <div>
          <Button size="compact-sm" variant="subtle" color="gray" leftSection={<BackIcon size={14} />} disabled={!after} onClick={() => go(undefined)}>
            {w.first}
          </Button>
          <Button size="compact-sm" variant="subtle" color="gray" rightSection={<NextIcon size={14} />} disabled={!next} onClick={() => go(next)}>
            {w.next}
          </Button>
        </div>
      )}
    </div>
  );
}
