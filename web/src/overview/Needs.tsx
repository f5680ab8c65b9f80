import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import { NextIcon } from '../parts/icons';
import { Panel } from '../parts/Page';
import { Say } from '../parts/Say';
import { countQuery, mostCounted } from '../waiting/queries';
import { useSaid } from '../words/said';
import { useLanguage, useWords } from '../words/words';
import { needs, silence, type Need } from './needs';
import styles from './Needs.module.css';
import { forecastQuery, healthQuery, latelyQuery, pausedQuery } from './queries';
import { words } from './words';

// Needs are what needs attention, each with a way to where it is mended. That nothing does is only said when everything was asked.
export function Needs() {
  const w = useWords(words);
  const said = useSaid();
  const language = useLanguage();
  const health = useQuery(healthQuery);
  const lately = useQuery(latelyQuery);
  const waiting = useQuery(countQuery);
  const forecast = useQuery(forecastQuery);
  const paused = useQuery(pausedQuery);
  const asked = [health, lately, waiting, forecast, paused];
  const known = {
    silence: silence(asked),
    health: health.data,
    lately: lately.data?.items,
    waiting: waiting.data,
    mostWaiting: mostCounted,
    forecast: forecast.data?.items,
    paused: paused.data?.items,
  };
  const all = needs(known, w, said, language, Date.now());
  if (all.length === 0) {
    return asked.some((q) => q.isPending) ? (
      <div className={styles.asking}>
        <Skeleton height={12} width={180} />
      </div>
    ) : (
      <p className={styles.calm}>{w.calm}</p>
    );
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
