import { getRouteApi, Link } from '@tanstack/react-router';
import { useLanguage, useWords } from '../words/words';
import styles from './Bars.module.css';
import type { Span } from './spans';
import { words } from './words';

const route = getRouteApi('/shell/certificates/expiry');

interface Props {
  spans: Span[];
  chosen: string | undefined;
}

// Bars show how much ends when. A bar leads to what it stands for.
export function Bars({ spans, chosen }: Props) {
  const w = useWords(words);
  const language = useLanguage();
  const search = route.useSearch();
  const most = Math.max(1, ...spans.map((s) => s.count));
  const date = (s: string) => new Date(s).toLocaleDateString(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const marks = spans.filter((_, i) => i % Math.ceil(spans.length / 6) === 0);
  return (
    <figure className={styles.bars}>
      <span className={styles.most} aria-hidden="true">
        {most.toLocaleString(language)}
      </span>
      <ol>
        {spans.map((s) => (
          <li key={s.from}>
            {s.count > 0 && (
              <Link
                to="/certificates/expiry"
                search={{ ...search, from: s.from === chosen ? undefined : s.from, after: undefined }}
                resetScroll={false}
                aria-label={w.barSays(date(s.from), s.count)}
                aria-current={s.from === chosen || undefined}
                title={w.barSays(date(s.from), s.count)}
                activeProps={{}}
              >
                <span style={{ height: `${Math.max(3, (s.count / most) * 100)}%` }} />
              </Link>
            )}
          </li>
        ))}
      </ol>
      <div className={styles.marks} aria-hidden="true">
        {marks.map((s) => (
          <span key={s.from}>{date(s.from)}</span>
        ))}
      </div>
    </figure>
  );
}
