import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { Ago } from '../parts/Ago';
import { PEM } from '../parts/PEM';
import { Reason, Refused, Why } from '../parts/Refused';
import { Tag } from '../parts/Tag';
import { sentence, useSaid } from '../words/said';
import { useWords } from '../words/words';
import type { Draft } from './draft';
import { fieldWords } from './fieldWords';
import styles from './StrategyFields.module.css';

// TryOut asks the server, while one types, which device a certificate would be of.
export function TryOut({ draft: { ca, cnPattern, nameFrom } }: { draft: Draft }) {
  const w = useWords(fieldWords);
  const [certificate, setCertificate] = useState('');
  const [asked] = useDebouncedValue({ certificate, ca, cnPattern, nameFrom }, 250);
  const { data, error } = useQuery({
    queryKey: ['check', asked],
    enabled: asked.certificate.trim() !== '' && asked.cnPattern !== '',
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: () => answer(api.POST('/v1/check/chain', { body: { ...asked, ca: asked.ca.trim() || undefined } })),
  });
  return (
    <div className={styles.tryOut}>
      <PEM label={w.tryOut} hint={w.tryOutHint} text={certificate} change={setCertificate} />
      <div role="status">{certificate.trim() && (error ? <Refused error={error} /> : data && <Told of={data} alone={!asked.ca.trim()} />)}</div>
    </div>
  );
}

function Told({ of, alone }: { of: Schemas['Naming']; alone: boolean }) {
  const w = useWords(fieldWords);
  const advice = useSaid().advice(of);
  return (
    <div className={styles.told}>
      <Tag tone={of.name ? 'good' : 'bad'}>{of.name ? w.tryOutFound(of.name) : w.tryOutNone}</Tag>
      {of.reason && (
        <Tag tone="bad">
          <Why of={of} /> <Reason code={of.reason} />
        </Tag>
      )}
      {of.reason && advice && <span lang={advice.lang}>{sentence(advice.text)}</span>}
      {!of.reason && <Tag tone={alone ? 'quiet' : 'good'}>{alone ? w.tryOutAlone : w.tryOutTrusted}</Tag>}
      <span>
        {of.subject} · {w.until} <Ago at={of.notAfter} />
      </span>
    </div>
  );
}
