import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Schemas } from '../api/client';
import { CrossIcon } from '../parts/icons';
import { Reason } from '../parts/Refused';
import { useMay } from '../people/session';
import { Say } from '../parts/Say';
import { sentence, useSaid } from '../words/said';
import { useWords } from '../words/words';
import styles from './Story.module.css';
import { words } from './words';

const waits = ['provision-pending', 'provision-rejected', 'provision-waiting-room-full'];

// Verdict says why an attempt was refused, what to do about it, and lets it be done.
export function Verdict({ story, children }: { story: Schemas['AttemptStory']; children: ReactNode }) {
  const w = useWords(words);
  const may = useMay('operator');
  const said = useSaid();
  const { reason = '', certificate } = story;
  const title = said.title(story);
  const aside = said.aside(story);
  const advice = said.advice(story);
  return (
    <div className={styles.verdict}>
      <p className={styles.title} data-tone="bad">
        <CrossIcon size={20} />
        <span lang={title.lang}>{sentence(title.text)}</span>
      </p>
      {aside && (
        <p className={styles.detail} lang={aside.lang}>
          {sentence(aside.text)}
        </p>
      )}
      {advice && (
        <div>
          <h3>{w.todo}</h3>
          <p>
            <Say of={advice} />
          </p>
        </div>
      )}
      {children}
      {may && reason === 'certificate-unknown' && !certificate && <p className={styles.note}>{w.forgotten}</p>}
      <div className={styles.links}>
        <Reason code={reason} />
        {waits.includes(reason) && (
          <Link to="/waiting" search={{ profile: story.profile }}>
            {w.waitingRoom}
          </Link>
        )}
      </div>
    </div>
  );
}
