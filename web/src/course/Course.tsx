import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { Schemas } from '../api/client';
import { Panel } from '../parts/Page';
import { useWords } from '../words/words';
import styles from './Course.module.css';
import { History } from './History';
import { keysOf, keysText, toggled } from './keys';
import { Numbers } from './Numbers';
import { stretchOf, widthOf, type Stretch } from './range';
import { RangeChoice } from './RangeChoice';
import { words } from './words';

const route = getRouteApi('/shell/devices/$name');

// Course shows what a device has reported over time: numbers as charts, everything else as a list of what it was.
export default function Course({ device, latest }: { device: string; latest: Record<string, Schemas['Reading']> }) {
  const w = useWords(words);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const stretch = stretchOf(search);
  const to = useEnd(stretch);
  const span = { from: to - stretch.length, to };
  const keys = keysOf(search.keys, latest);
  const all = Object.keys(latest).sort((a, b) => a.localeCompare(b));
  const zoom = (from: number, to: number) => void navigate({ search: { ...search, range: 'own', from: new Date(from).toISOString(), to: new Date(to).toISOString() } });
  return (
    <Panel title={w.title}>
      <div className={styles.top}>
        <div className={styles.keys} role="group" aria-label={w.keys}>
          {all.map((key) => (
            <button key={key} type="button" aria-pressed={keys.includes(key)} onClick={() => void navigate({ search: { ...search, keys: keysText(toggled(keys, key)) }, replace: true })}>
              {key}
            </button>
          ))}
        </div>
        <RangeChoice {...span} />
      </div>
      <div className={styles.courses}>
        {keys.map((key) =>
          typeof latest[key]?.value === 'number' ? (
            <Numbers key={key} device={device} name={key} stretch={stretch} {...span} zoom={zoom} />
          ) : (
            <History key={key} device={device} name={key} stretch={stretch} />
          ),
        )}
      </div>
    </Panel>
  );
}

// useEnd is when a stretch ends. One that ends now goes on with the time, in steps that can be seen.
function useEnd(stretch: Stretch): number {
  const [now, setNow] = useState(Date.now);
  const step = Math.max(1_000, widthOf(stretch) / 10);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), step);
    return () => clearInterval(timer);
  }, [step]);
  return stretch.from === undefined ? now : stretch.from + stretch.length;
}
