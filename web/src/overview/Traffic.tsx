import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Chart } from '../parts/Chart';
import { Panel } from '../parts/Page';
import { Tag } from '../parts/Tag';
import { useLanguage, useWords } from '../words/words';
import styles from './Overview.module.css';
import { serverQuery } from './queries';
import { course, shown } from './traffic';
import { useTraffic } from './useTraffic';
import { words } from './words';

// Traffic shows who is connected and what is reported, second by second.
export function Traffic() {
  const w = useWords(words);
  const { data: server } = useQuery(serverQuery);
  const { seconds, live } = useTraffic();
  const last = seconds.at(-1);
  const to = last?.at ?? Date.now();
  const span = { from: to - shown, to, whole: true };
  return (
    <>
      <Panel title={w.connected}>
        <Figure number={last?.sessions ?? server?.sessions}>{w.connectedAbout}</Figure>
        <Chart label={w.connected} head={w.lastMinutes} none=" " {...course(seconds, 'sessions')} {...span} />
      </Panel>
      <Panel title={w.messages} act={live && <Tag tone="good">{w.live}</Tag>}>
        <Figure number={last?.samples} />
        <Chart label={w.messages} head={w.lastMinutes} none=" " {...course(seconds, 'samples')} {...span} />
      </Panel>
    </>
  );
}

// Figure is a number that is read from afar.
export function Figure({ number, children }: { number: number | undefined; children?: ReactNode }) {
  const language = useLanguage();
  return (
    <p className={styles.figure}>
      <strong>{number?.toLocaleString(language) ?? '–'}</strong>
      {children && <span>{children}</span>}
    </p>
  );
}
