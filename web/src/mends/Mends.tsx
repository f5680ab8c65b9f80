import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Refused } from '../parts/Refused';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import type { Chosen, Mend, Story } from './mend';
import { MendDialog } from './MendDialog';
import styles from './Mends.module.css';
import { isMendable, mendsOf } from './mendsOf';
import { words } from './words';

// Mends are what can be done here and now about an attempt that was refused, for who may do it.
export function Mends({ story, done }: { story: Story; done: (chosen: Chosen) => void }) {
  const w = useWords(words);
  const may = useMay('operator');
  const [mended, setMended] = useState(false);
  const [doing, setDoing] = useState<Mend>();
  const { data, error, refetch } = useQuery({ queryKey: ['mends', story.number], queryFn: () => mendsOf(story), enabled: may && isMendable(story.reason) });
  if (!may) {
    return null;
  }
  if (mended || data === 'mended') {
    return (
      <div className={styles.mends} role="status">
        <p>{w.mended}</p>
      </div>
    );
  }
  if (!data?.length) {
    return <Refused error={error} again={() => void refetch()} />;
  }
  const close = () => setDoing(undefined);
  return (
    <div className={styles.mends}>
      <h3>{w.heading}</h3>
      <div className={styles.acts}>
        {data.map((m) => (
          <Button key={m.kind} variant={m.loses ? 'default' : 'filled'} onClick={() => setDoing(m)}>
            {w[`act${m.kind}`]}
          </Button>
        ))}
      </div>
      {doing && (
        <MendDialog
          mend={doing}
          close={close}
          done={(chosen) => {
            close();
            setMended(true);
            done(chosen);
          }}
        />
      )}
    </div>
  );
}
