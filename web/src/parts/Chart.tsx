import { lazy, Suspense, useState, type ReactNode } from 'react';
import { useLanguage, useWords } from '../words/words';
import { figure, moment, outline, sampled, type Values } from './chart';
import styles from './Chart.module.css';
import { words } from './words';

const Plot = lazy(() => import('./Plot'));

export interface Drawing {
  times: readonly number[]; // epoch milliseconds, ascending
  values: Values; // one for each time; null is a gap
  low?: Values; // with high: between what the values lie
  high?: Values;
  from: number;
  to: number;
  columns?: boolean;
  whole?: boolean; // counts: they begin at zero and have no fractions
  height?: number;
  sync?: string; // charts of one name are pointed at together
}

interface Props extends Drawing {
  label: string; // what it shows
  head?: ReactNode;
  none?: string; // what it says where there is nothing to draw
  zoom?: (from: number, to: number) => void; // what happens when a stretch of it is chosen
}

// Chart draws values over time. It can be read without being seen: what it comes to is its name, a table has the figures, and the
// arrow keys go from one to the next.
export function Chart({ label, head, none, zoom, height = 150, ...drawing }: Props) {
  const w = useWords(words);
  const language = useLanguage();
  const [at, setAt] = useState<number | null>(null);
  const { times, values, low, high, from, to } = drawing;
  const length = to - from;
  const time = (i: number) => moment(times[i] ?? 0, length, language);
  const sum = outline(values);
  const says = sum ? w.chartSays(moment(from, length, language), moment(to, length, language), figure(sum.lowest, language), figure(sum.highest, language), figure(sum.latest, language)) : (none ?? w.chartNone);
  return (
    <figure className={styles.chart} data-empty={!sum || undefined}>
      <div className={styles.says}>
        <span>{head}</span>
        <output>{at !== null && at < times.length && `${time(at)} · ${read(at, values, low, high, language)}`}</output>
      </div>
      <Suspense fallback={<div style={{ height }} />}>
        <Plot {...drawing} height={height} name={`${label}. ${says}`} point={setAt} zoom={zoom} />
      </Suspense>
      {!sum && <div className={styles.none}>{none ?? w.chartNone}</div>}
      {sum && (
        <table className={styles.unseen}>
          <caption>{label}</caption>
          <thead>
            <tr>
              <th scope="col">{w.time}</th>
              <th scope="col">{w.value}</th>
            </tr>
          </thead>
          <tbody>
            {sampled(values, 12).map((i) => (
              <tr key={times[i]}>
                <th scope="row">{time(i)}</th>
                <td>{read(i, values, low, high, language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </figure>
  );
}

// read writes one value, and between what it lies where that is known and not the same.
function read(i: number, values: Values, low: Values | undefined, high: Values | undefined, language: string): string {
  const value = figure(values[i], language);
  const least = low?.[i] ?? null;
  const most = high?.[i] ?? null;
  return least === null || most === null || least === most ? value : `${value} (${figure(least, language)} – ${figure(most, language)})`;
}
