import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { api, isStale, queries, versioned, type Schemas } from '../api/client';
import form from '../parts/Form.module.css';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { CertificateFields } from './CertificateFields';
import { Changed } from './Changed';
import { ConnectionFields } from './ConnectionFields';
import { DetailsFields } from './DetailsFields';
import { bodyOf, draftOf, type Draft } from './draft';
import { changes, merge } from './merge';
import { profileQuery, renewProfiles } from './queries';
import { Rehearsal } from './Rehearsal';
import { SecurityFields } from './SecurityFields';
import { StrategyFields } from './StrategyFields';
import { words } from './words';

type Profile = Schemas['Profile'] & { version: string };

const fields = { details: DetailsFields, connection: ConnectionFields, security: SecurityFields, provisioning: StrategyFields, certificates: CertificateFields };
export const settingsParts = Object.keys(fields) as (keyof typeof fields)[];

// ProfileSettings are the steps of the wizard, a tab each. What is typed is kept from tab to tab until it is saved, and
// also where somebody else has changed the profile meanwhile.
export function ProfileSettings({ profile, part }: { profile: Profile; part: keyof typeof fields }) {
  const w = useWords(words);
  const may = useMay('operator');
  const navigate = useNavigate();
  const [base, setBase] = useState(profile);
  const [draft, setDraft] = useState(() => draftOf(profile));
  const [theirs, setTheirs] = useState<Profile>();
  const typed = changes(draftOf(base), draft);
  if (typed.length === 0 && profile.version !== base.version && !theirs) {
    setBase(profile);
    setDraft(draftOf(profile));
  }
  const begin = (on: Profile, with_: Draft) => {
    setTheirs(undefined);
    setBase(on);
    setDraft(with_);
  };
  const save = useMutation({
    mutationFn: ({ on, sent }: { on: Profile; sent: Draft }) =>
      versioned(api.PATCH('/v1/profiles/{name}', { params: { path: { name: on.name }, header: { 'If-Match': [on.version] } }, body: bodyOf(sent, on) })),
    onSuccess: async (now, { on }) => {
      begin(now, draftOf(now));
      queries.setQueryData(profileQuery(now.name).queryKey, now);
      if (now.name !== on.name) {
        await navigate({ to: '/profiles/$name', params: { name: now.name }, search: true, replace: true });
      }
      await renewProfiles();
    },
    onError: async (error, { on }) => {
      if (isStale(error)) {
        setTheirs(await queries.fetchQuery({ ...profileQuery(on.name), staleTime: 0 }));
      }
    },
  });
  const change = (more: Partial<Draft>) => {
    save.reset();
    setDraft({ ...draft, ...more });
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate({ on: base, sent: draft });
  };
  const Fields = fields[part];
  return (
    <form onSubmit={submit}>
      <fieldset className={form.plain} disabled={!may}>
        <Panel title={w[part]}>
          <div className={`${form.form} ${form.narrow}`}>
            <Fields draft={draft} change={change} />
          </div>
        </Panel>
        {theirs ? (
          <Changed
            base={draftOf(base)}
            theirs={draftOf(theirs)}
            busy={save.isPending}
            keep={() => {
              const sent = merge(draftOf(base), draft, draftOf(theirs));
              begin(theirs, sent);
              save.mutate({ on: theirs, sent });
            }}
            take={() => begin(theirs, draftOf(theirs))}
          />
        ) : (
          <Refused error={save.error} />
        )}
        {may && !theirs && (
          <div className={form.foot}>
            <Button type="submit" loading={save.isPending} disabled={typed.length === 0 && !save.isSuccess}>
              {save.isSuccess && typed.length === 0 ? w.saved : w.save}
            </Button>
            {typed.length > 0 && (
              <Button variant="subtle" color="gray" onClick={() => setDraft(draftOf(base))}>
                {w.undo(typed.length)}
              </Button>
            )}
          </div>
        )}
        {may && typed.length > 0 && <Rehearsal profile={base} draft={draft} />}
      </fieldset>
    </form>
  );
}
