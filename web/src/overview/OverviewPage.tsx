import { useQuery } from '@tanstack/react-query';
import { Page } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useWords } from '../words/words';
import { FirstSteps } from './FirstSteps';
import { Forecast } from './Forecast';
import { Needs } from './Needs';
import styles from './Overview.module.css';
import { anyDeviceQuery } from './queries';
import { Today } from './Today';
import { Traffic } from './Traffic';
import { words } from './words';

// OverviewPage shows what needs attention, and how the fleet is doing.
export function OverviewPage() {
  const w = useWords(words);
  const { data: any, error, refetch } = useQuery(anyDeviceQuery);
  return (
    <Page title={w.title}>
      <Refused error={error} again={() => void refetch()} />
      <Needs />
      {any === false && <FirstSteps />}
      {any && (
        <div className={styles.grid}>
          <Traffic />
          <Today />
          <Forecast />
        </div>
      )}
    </Page>
  );
}
