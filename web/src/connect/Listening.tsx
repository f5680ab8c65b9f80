import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Schemas } from '../api/client';
import { Value } from '../devices/Value';
import { transportName } from '../journal/search';
import { Ago } from '../parts/Ago';
import { CrossIcon, DotIcon, TickIcon } from '../parts/icons';
import { Panel } from '../parts/Page';
import { Reason, Why } from '../parts/Refused';
import { Say } from '../parts/Say';
import { Tag } from '../parts/Tag';
import { useSaid } from '../words/said';
import { useWords } from '../words/words';
import styles from './Listening.module.css';
import { useHeard } from './useHeard';
import { words } from './words';

// Listening turns green when the device is heard, or says why it was refused.
export function Listening({ name, joinsWith }: { name: string; joinsWith?: string }) {
  const w = useWords(words);
  const { heard, live, again } = useHeard(name, joinsWith);
  const { now, strangers } = heard;
  return (
    <Panel
      title={w.listening}
      act={
        now.is === 'silent' ? (
          <Tag tone={live ? 'good' : 'quiet'}>{live ? w.live : w.notLive}</Tag>
        ) : (
          <Button size="compact-sm" variant="subtle" onClick={again}>
            {w.listenAgain}
          </Button>
        )
      }
    >
      <div className={styles.state} data-is={now.is} role="status">
        <span className={styles.sign}>{now.is === 'refused' ? <CrossIcon /> : now.is === 'reported' ? <TickIcon /> : <DotIcon />}</span>
        {now.is === 'silent' && <p>{w.silent(name)}</p>}
        {now.is === 'in' && <p>{w.isIn(name)}</p>}
        {now.is === 'reported' && <Reported sample={now.sample} />}
        {now.is === 'refused' && <Refusal attempt={now.attempt} />}
      </div>
      {now.is === 'reported' && (
        <Link className={styles.on} to="/devices/$name" params={{ name }}>
          {w.toDevice}
        </Link>
      )}
      {now.is !== 'reported' && strangers.length > 0 && <Strangers all={strangers} />}
    </Panel>
  );
}

function Reported({ sample }: { sample: Schemas['Sample'] }) {
  const w = useWords(words);
  return (
    <div>
      <strong>{w.arrived}</strong>
      <dl className={styles.values}>
        {Object.entries(sample.values)
          .slice(0, 12)
          .map(([key, value]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>
                <Value value={value} />
              </dd>
            </div>
          ))}
      </dl>
      <small>
        <Ago at={sample.ts} />
      </small>
    </div>
  );
}

function Refusal({ attempt: a }: { attempt: Schemas['Attempt'] }) {
  const w = useWords(words);
  const advice = useSaid().advice(a);
  return (
    <div>
      <strong>{w.refused}</strong>
      <p>
        <Why of={a} />
      </p>
      {advice && (
        <p>
          <Say of={advice} />
        </p>
      )}
      <p className={styles.more}>
        <Reason code={a.reason ?? ''} />
        <Story number={a.number} />
      </p>
      <small>
        {w.fromOver(a.remote ?? '?', transportName(a.transport))} · <Ago at={a.at} />
      </small>
    </div>
  );
}

// Strangers may be the device with a mistake in its address, or somebody else.
function Strangers({ all }: { all: Schemas['Attempt'][] }) {
  const w = useWords(words);
  const said = useSaid();
  return (
    <div className={styles.strangers}>
      <h3>{w.strangers}</h3>
      <ul>
        {all.map((a) => (
          <li key={a.number}>
            {w.fromOver(a.name || a.remote || '?', transportName(a.transport))}: <Say of={said.title(a)} /> <Story number={a.number} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Story({ number }: { number: number }) {
  const w = useWords(words);
  return (
    <Link to="/why/$number" params={{ number: String(number) }}>
      {w.story}
    </Link>
  );
}
