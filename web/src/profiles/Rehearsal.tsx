import { Button, NativeSelect } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api, type Schemas } from '../api/client';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useWords } from '../words/words';
import { settingsOf, type Draft } from './draft';
import styles from './Profile.module.css';
import { rehearsalWords } from './rehearsalWords';
import { Rehearsed } from './Rehearsed';

const spans = [1, 7, 30, 90];

// Rehearsal judges the attempts of the last days by what is typed, before it is saved.
export function Rehearsal({ profile, draft }: { profile: Schemas['Profile']; draft: Draft }) {
  const w = useWords(rehearsalWords);
  const [days, setDays] = useState(7);
  const rehearse = useMutation({
    mutationFn: (tried: Draft) => answer(api.POST('/v1/profiles/{name}/rehearse', { params: { path: { name: profile.name } }, body: { days, samples: 5, profile: settingsOf(tried, profile) } })),
  });
  const current = rehearse.variables === draft;
  return (
    <Panel title={w.rehearsal}>
      <p className={styles.note}>{w.rehearsalText}</p>
      <div className={styles.acts}>
        <NativeSelect label={w.rehearsalDays} value={days} onChange={(e) => setDays(Number(e.currentTarget.value))} data={spans.map((d) => ({ value: String(d), label: w.days(d) }))} />
        <Button variant="default" loading={rehearse.isPending} onClick={() => rehearse.mutate(draft)}>
          {w.rehearse}
        </Button>
      </div>
      {current && <Refused error={rehearse.error} />}
      {current && rehearse.data && <Rehearsed of={rehearse.data} />}
    </Panel>
  );
}
