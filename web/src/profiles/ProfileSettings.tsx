import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api, type Schemas } from '../api/client';
import form from '../parts/Form.module.css';
import { Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { bodyOf, draftOf, type Draft } from './draft';
import { ConnectionFields, DetailsFields, SecurityFields } from './ProfileFields';
import { renewProfiles } from './queries';
import { StrategyFields } from './StrategyFields';
import { words } from './words';

// ProfileSettings are the steps of the wizard, one under the other. Who may not change them cannot.
export function ProfileSettings({ profile }: { profile: Schemas['Profile'] }) {
  const w = useWords(words);
  const may = useMay('operator');
  const navigate = useNavigate();
  const [draft, setDraft] = useState(() => draftOf(profile));
  const save = useMutation({
    mutationFn: () => answer(api.PATCH('/v1/profiles/{name}', { params: { path: { name: profile.name } }, body: bodyOf(draft) })),
    onSuccess: async (now) => {
      if (now.name !== profile.name) {
        await navigate({ to: '/profiles/$name', params: { name: now.name }, search: true, replace: true });
      }
      await renewProfiles();
    },
  });
  const change = (part: Partial<Draft>) => {
    save.reset();
    setDraft({ ...draft, ...part });
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate();
  };
  const parts = [
    [w.stepDetails, DetailsFields],
    [w.stepProvisioning, StrategyFields],
    [w.stepSecurity, SecurityFields],
    [w.stepConnection, ConnectionFields],
  ] as const;
  return (
    <form onSubmit={submit}>
      <fieldset className={form.plain} disabled={!may}>
        {parts.map(([title, Fields]) => (
          <Panel key={title} title={title}>
            <div className={`${form.form} ${form.narrow}`}>
              <Fields draft={draft} change={change} />
            </div>
          </Panel>
        ))}
        <Refused error={save.error} />
        {may && (
          <div>
            <Button type="submit" loading={save.isPending}>
              {save.isSuccess ? w.saved : w.save}
            </Button>
          </div>
        )}
      </fieldset>
    </form>
  );
}
