import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Chart } from '../parts/Chart';
import { moment } from '../parts/chart';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
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
  const language = useLanguage();
  const { data: server } = useQuery(serverQuery);
  const { seconds, last, live, old, error, refetch } = useTraffic();
  const to = last?.at ?? Date.now();
  const span = { from: to - shown, to, whole: true };
  const time = (at: number) => moment(at, shown, language);
  const started = Date.parse(server?.startedAt ?? '');
  const head = started > span.from && !old ? w.lastMinutesSince(time(started)) : w.lastMinutes;
  const tag = live ? <Tag tone="good">{w.live}</Tag> : old && <Tag tone="care">{w.asOf(time(to))}</Tag>;
  const refusal = seconds.length === 0 && <Refused error={error} again={() => void refetch()} />;
  return (
    <>
      <Panel title={w.connected} act={tag}>
        {refusal}
        <Figure number={last?.sessions ?? server?.sessions}>{w.connectedAbout}</Figure>
        <Chart label={w.connected} head={head} none=" " {...course(seconds, 'sessions')} {...span} />
      </Panel>
      <Panel title={w.messages} act={tag}>
        {refusal}
        <Figure number={last?.samples} />
        <Chart label={w.messages} head={head} none=" " {...course(seconds, 'samples')} {...span} />
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
