import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Schemas } from '../api/client';
import { Mends } from '../mends/Mends';
import { Ago } from '../parts/Ago';
import { CopyButton } from '../parts/CopyButton';
import { Facts } from '../parts/Facts';
import { Rows } from '../parts/Loading';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Say } from '../parts/Say';
import { useSaid } from '../words/said';
import { useLanguage, useWords } from '../words/words';
import { After } from './After';
import { Checks } from './Checks';
import { storyQuery } from './queries';
import { transportName } from './search';
import styles from './Story.module.css';
import { asText } from './text';
import { Verdict } from './Verdict';
import { words } from './words';

type Story = Schemas['AttemptStory'];

const route = getRouteApi('/shell/why/$number');

export function StoryPage() {
  const w = useWords(words);
  const said = useSaid();
  const { number } = route.useParams();
  const { data: story, error, refetch } = useQuery(storyQuery(Number(number)));
  return (
    <Page
      narrow
      title={story ? titleOf(story, w) : w.copyTitle(number)}
      back={{ to: '/why', label: w.title }}
      about={story && <About of={story} />}
      act={story && <CopyButton text={asText(story, w, said)} label={w.copy} />}
    >
      <Refused error={error} again={() => void refetch()} />
      {story ? <Parts key={story.number} story={story} /> : !error && <Rows />}
    </Page>
  );
}

function titleOf(s: Story, w: typeof words.en): string {
  return w[`${s.reason ? 'not' : 'is'}${s.action}`](s.name || w.nobody);
}

function About({ of }: { of: Story }) {
  const w = useWords(words);
  return (
    <>
      {w.over(w[`action${of.action}`], transportName(of.transport))} · <Ago at={of.at} />
    </>
  );
}

function Parts({ story }: { story: Story }) {
  const w = useWords(words);
  const said = useSaid();
  const language = useLanguage();
  const [device, setDevice] = useState(story.name ?? '');
  const profile = story.profile && (
    <Link to="/profiles/$name" params={{ name: story.profile }}>
      {story.profile}
    </Link>
  );
  return (
    <>
      {story.reason && (
        <Panel>
          <Verdict story={story}>
            <Mends story={story} done={(chosen) => setDevice(chosen.device?.trim() ?? device)} />
          </Verdict>
        </Panel>
      )}
      {story.reason && device && <After number={story.number} device={device} />}
      {story.checks.length > 0 && (
        <Panel title={w.checks}>
          <Checks all={story.checks} />
        </Panel>
      )}
      <Panel title={w.facts}>
        <Facts
          all={[
            [w.device, <Name key="name" of={story} />],
            [w.profile, profile],
            [w.key, story.key && <code>{story.key}</code>],
            [w.shown, story.shown && <Say key="shown" of={said.free(story.shown)} />],
            [w.from, story.remote],
            [w.when, new Date(story.at).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' })],
            [w.count, story.count > 1 && w.times(story.count.toLocaleString(language))],
            [w.way, story.way && w[`way${story.way}`]],
          ]}
        />
      </Panel>
      {story.name && (
        <div className={styles.links}>
          <Link to="/why" search={{ name: story.name, outcome: 'any' }}>
            {w.others}
          </Link>
        </div>
      )}
    </>
  );
}

// Name leads to the device, if one was recognised.
function Name({ of: { name, device } }: { of: Story }) {
  const w = useWords(words);
  if (!name) {
    return <em>{w.nameless}</em>;
  }
  return device ? (
    <Link to="/devices/$name" params={{ name }}>
      {name}
    </Link>
  ) : (
    name
  );
}
