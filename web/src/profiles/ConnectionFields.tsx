import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CopyButton } from '../parts/CopyButton';
import { limitsQuery } from '../settings/queries';
import { useLanguage, useWords } from '../words/words';
import type { FieldsProps } from './DetailsFields';
import { fieldWords } from './fieldWords';
import styles from './Profile.module.css';

const topics = [
  ['topicTelemetry', 'v1/devices/me/telemetry'],
  ['topicAttributes', 'v1/devices/me/attributes'],
  ['topicRequest', 'v1/devices/me/attributes/request/1'],
  ['topicAkenza', '/up/device/id/NAME'],
  ['topicHTTP', '/api/v1/TOKEN/telemetry'],
  ['topicProvision', '/provision/request'],
] as const;

// ConnectionFields are how devices of the profile send, and how much of it is kept.
export function ConnectionFields({ draft, change }: FieldsProps) {
  const w = useWords(fieldWords);
  const language = useLanguage();
  const { data } = useQuery(limitsQuery);
  const limit = (key: string) => data?.items.find((l) => l.key === key)?.value.toLocaleString(language) ?? '…';
  return (
    <>
      <p className={styles.note}>{w.topics}</p>
      <dl className={styles.topics}>
        {topics.map(([what, topic]) => (
          <div key={topic}>
            <dt>{w[what]}</dt>
            <dd>
              <code>{topic}</code>
              <CopyButton text={topic} what={topic} />
            </dd>
          </div>
        ))}
      </dl>
      <p className={styles.note}>{w.payload}</p>
      <p className={styles.note}>{w.sizes(limit('limits.maxPacket'), limit('limits.maxBody'))}</p>
      <TextInput
        type="number"
        min={1}
        max={16}
        required
        withAsterisk={false}
        label={w.sessions}
        description={w.sessionsHint}
        value={draft.sessions}
        onChange={(e) => change({ sessions: e.currentTarget.value })}
      />
      <TextInput
        type="number"
        min={0}
        max={65535}
        required
        withAsterisk={false}
        label={w.retention}
        description={w.retentionHint}
        value={draft.retentionDays}
        onChange={(e) => change({ retentionDays: e.currentTarget.value })}
      />
    </>
  );
}
