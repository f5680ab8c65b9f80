import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import { NextIcon } from '../parts/icons';
import { Panel } from '../parts/Page';
import { Say } from '../parts/Say';
import { countQuery, mostCounted } from '../waiting/queries';
import { useSaid } from '../words/said';
import { useLanguage, useWords } from '../words/words';
import { needs, type Need } from './needs';
import styles from './Needs.module.css';
import { forecastQuery, healthQuery, latelyQuery, pausedQuery } from './queries';
import { words } from './words';

// Needs are what needs attention, each with a way to where it is mended.
export function Needs() {
  const w = useWords(words);
  const said = useSaid();
  const language = useLanguage();
  const health = useQuery(healthQuery).data;
  const lately = useQuery(latelyQuery).data?.items;
  const waiting = useQuery(countQuery).data;
  const forecast = useQuery(forecastQuery).data?.items;
  const paused = useQuery(pausedQuery).data?.items;
  const all = needs({ health, lately, waiting, mostWaiting: mostCounted, forecast, paused }, w, said, language, Date.now());
  if (!health) {
    return null;
  }
  if (all.length === 0) {
    return <p className={styles.calm}>{w.calm}</p>;
  }
  return (
    <Panel title={w.attention} flush>
      <ul className={styles.needs}>
        {all.map((n) => (
          <li key={n.key} data-tone={n.tone}>
            {n.link ? (
              <Link {...n.link}>
                <What need={n} />
                <NextIcon size={16} />
              </Link>
            ) : (
              <What need={n} />
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function What({ need }: { need: Need }) {
  return (
    <span className={styles.what}>
      <strong>
        <Say of={need.title} />
      </strong>
      <span>
        {need.text.map((said) => (
          <Fragment key={said.text}>
            <Say of={said} />{' '}
          </Fragment>
        ))}
      </span>
    </span>
  );
}
