import { useQuery } from '@tanstack/react-query';
import { Chart } from '../parts/Chart';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useLanguage, useWords } from '../words/words';
import { daily, within } from './forecast';
import { forecastDays, forecastQuery } from './queries';
import { Figure } from './Traffic';
import { words } from './words';

const day = 86_400_000;

// Forecast shows how many credentials end, and when.
export function Forecast() {
  const w = useWords(words);
  const language = useLanguage();
  const { data, error, refetch, dataUpdatedAt } = useQuery(forecastQuery);
  const { times, values } = daily(data?.items ?? [], forecastDays, dataUpdatedAt || Date.now());
  const from = (times[0] ?? 0) - day / 2;
  return (
    <Panel title={w.expiring}>
      <Refused error={error} again={() => void refetch()} />
      {!error && (
        <>
          <Figure number={data && within(data.items, 30, dataUpdatedAt)}>{w.expiringIn((30).toLocaleString(language))}</Figure>
          <Chart
            label={w.expiring}
            head={w.perDay}
            none={data ? w.expiringNone : ' '}
            times={times}
            values={values.some((n) => n > 0) ? values : values.map(() => null)}
            from={from}
            to={from + forecastDays * day}
            columns
            whole
          />
        </>
      )}
    </Panel>
  );
}
