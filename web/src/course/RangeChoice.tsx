import { TextInput } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useWords } from '../words/words';
import styles from './Course.module.css';
import { ranges } from './range';
import { words } from './words';

const route = getRouteApi('/shell/devices/$name');

// RangeChoice chooses how far back one looks, or from when until when. What is chosen is in the URL.
export function RangeChoice({ from, to }: { from: number; to: number }) {
  const w = useWords(words);
  const { name } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const own = search.range === 'own';
  const current = own ? 'own' : (ranges.find((r) => r === search.range) ?? 'hour');
  const minutes = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  const choose = (change: { from?: string; to?: string }) => void navigate({ search: { ...search, ...minutes, ...change }, replace: true });
  const edge = (label: string, which: 'from' | 'to', at: number) => (
    <TextInput
      size="xs"
      type="datetime-local"
      aria-label={label}
      value={local(at)}
      onChange={(e) => {
        const when = Date.parse(e.currentTarget.value);
        if (when) {
          choose({ [which]: new Date(when).toISOString() });
        }
      }}
    />
  );
  return (
    <div className={styles.range} role="group" aria-label={w.range}>
      {own && (
        <span className={styles.edges}>
          {edge(w.from, 'from', from)}
          <span aria-hidden="true">–</span>
          {edge(w.to, 'to', to)}
        </span>
      )}
      <span className={styles.choices}>
        {[...ranges, 'own' as const].map((r) => (
          <Link
            key={r}
            to="/devices/$name"
            params={{ name }}
            search={{ ...search, from: undefined, to: undefined, range: r === 'hour' ? undefined : r, ...(r === 'own' ? minutes : {}) }}
            aria-current={r === current ? 'true' : undefined}
            data-current={r === current || undefined}
          >
            {w[r]}
          </Link>
        ))}
      </span>
    </div>
  );
}

// local writes a time as the browser's own field for it reads it, in the zone of who looks.
function local(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
