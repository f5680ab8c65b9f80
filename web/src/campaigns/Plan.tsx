import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Refused } from '../parts/Refused';
import { useLanguage, useWords } from '../words/words';
import styles from './Plan.module.css';
import { planQuery, type CampaignFilter } from './queries';
import { words } from './words';

// Plan says how many devices a campaign would ask, when typing has paused.
export function Plan({ devices }: { devices: CampaignFilter }) {
  const w = useWords(words);
  const language = useLanguage();
  const text = JSON.stringify(devices);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 300);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, error, isPlaceholderData } = useQuery({ ...planQuery(JSON.parse(settled) as CampaignFilter), placeholderData: keepPreviousData });
  if (error) {
    return <Refused error={error} />;
  }
  const names = data?.names ?? [];
  const more = (data?.progress.selected ?? 0) - names.length;
  return (
    <div className={styles.plan} role="status" data-old={isPlaceholderData || settled !== text || undefined}>
      {data && (
        <>
          <strong>{w.plan(data.progress.selected.toLocaleString(language))}</strong>
          {names.length > 0 && <span>{names.join(', ') + (more > 0 ? ' …' : '')}</span>}
        </>
      )}
    </div>
  );
}
