import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, api } from '../api/client';
import { words as deviceWords } from '../devices/words';
import form from '../parts/Form.module.css';
import { Loading } from '../parts/Loading';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useMay } from '../people/session';
import { randomText } from '../profiles/draft';
import { keyWords } from '../profiles/keyWords';
import { keysQuery, renewProfiles } from '../profiles/queries';
import { useWords } from '../words/words';
import { Commands } from './Commands';
import styles from './Commands.module.css';
import { Listening } from './Listening';
import { words } from './words';

const route = getRouteApi('/shell/join/$profile');

// JoinPage shows how a new device lets itself in with a provision key, and listens for it.
export function JoinPage() {
  const w = useWords(words);
  const { profile } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: keys, error } = useQuery(keysQuery(profile));
  const [draft, setDraft] = useState(() => ({ device: `${profile}-${randomText(5).toLowerCase()}`, secret: '', token: randomText(20) }));
  const live = (keys?.items ?? []).filter((k) => k.state === 'live').map((k) => k.key);
  const key = live.find((k) => k === search.key) ?? live[0] ?? '';
  const go = (change: Partial<typeof search>) => void navigate({ search: { ...search, ...change }, replace: true });
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  if (!keys && !error) {
    return <Loading />;
  }
  return (
    <Page title={w.joinTitle(profile)} about={w.joinAbout} back={{ to: '/connect', label: w.title }}>
      <Refused error={error} />
      <div className={styles.columns}>
        <div className={styles.left}>
          <Panel title={w.brings}>
            <div className={form.form}>
              <NameField value={draft.device} change={(device) => set({ device })} />
              <KeyFields
                profile={profile}
                live={live}
                value={key}
                secret={draft.secret}
                choose={(k) => go({ key: k })}
                change={(secret) => set({ secret })}
                made={(k, secret) => {
                  set({ secret });
                  go({ key: k });
                }}
              />
            </div>
          </Panel>
          <Commands device={draft.device} proof={{ kind: 'JOIN', key: key || 'KEY', secret: draft.secret || 'SECRET', token: draft.token }} how={search} change={go} />
        </div>
        <div className={styles.right}>
          <Listening name={draft.device} joinsWith={key} />
        </div>
      </div>
    </Page>
  );
}

function NameField({ value, change }: { value: string; change: (name: string) => void }) {
  const w = useWords(words);
  const d = useWords(deviceWords);
  return <TextInput label={d.name} description={w.nameHint} autoComplete="off" spellCheck={false} maxLength={255} value={value} onChange={(e) => change(e.currentTarget.value)} />;
}

interface KeyProps {
  profile: string;
  live: string[];
  value: string;
  secret: string;
  choose: (key: string) => void;
  change: (secret: string) => void;
  made: (key: string, secret: string) => void;
}

// KeyFields take a provision key and its secret, or make both.
function KeyFields({ profile, live, value, secret, choose, change, made }: KeyProps) {
  const w = useWords(words);
  const p = useWords(keyWords);
  const may = useMay('operator');
  const make = useMutation({
    mutationFn: () => answer(api.POST('/v1/provision-keys', { body: { profile } })),
    onSuccess: async (k) => {
      await renewProfiles();
      made(k.key, k.secret);
    },
  });
  return (
    <>
      {live.length > 0 ? (
        <NativeSelect label={p.key} value={value} onChange={(e) => choose(e.currentTarget.value)} data={live} />
      ) : (
        <p className={styles.hint}>{w.noKey}</p>
      )}
      <TextInput
        label={p.secret}
        description={make.data?.key === value ? w.fresh : w.secretHint}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: form.mono ?? '' }}
        value={secret}
        onChange={(e) => change(e.currentTarget.value)}
      />
      {may && (
        <div>
          <Button variant="default" size="compact-sm" loading={make.isPending} onClick={() => make.mutate()}>
            {w.makeKeyAndSecret}
          </Button>
        </div>
      )}
      <Refused error={make.error} />
    </>
  );
}
