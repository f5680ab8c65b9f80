import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../api/client';
import { kinds, type Kind } from '../devices/evidence';
import { words as deviceWords } from '../devices/words';
import form from '../parts/Form.module.css';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { useProfileNames } from '../profiles/queries';
import { useWords } from '../words/words';
import { draftOf, filterOf, type Draft } from './draft';
import { Plan } from './Plan';
import { renewCampaigns } from './queries';
import { words } from './words';

const route = getRouteApi('/shell/add-campaign');

interface FieldsProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

// NewCampaignPage begins to ask many devices for other credentials, and says before how many these are.
export function NewCampaignPage() {
  const w = useWords(words);
  const asked = route.useSearch();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(() => draftOf(asked));
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const devices = filterOf(draft);
  const begin = useMutation({
    mutationFn: () =>
      answer(
        api.POST('/v1/campaigns', {
          body: { devices, wave: Number(draft.wave), pause: draft.pause, errorPercent: Number(draft.errorPercent), overdueAfter: draft.overdueAfter },
        }),
      ),
    onSuccess: async (made) => {
      await navigate({ to: '/certificates/campaigns/$id', params: { id: made.id ?? '' } });
      await renewCampaigns();
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    begin.mutate();
  };
  return (
    <Page title={w.add} narrow back={{ to: '/certificates/campaigns', label: w.title }} about={w.addText}>
      <form className={form.form} onSubmit={submit}>
        <Panel title={w.whom}>
          <div className={form.form}>
            <WhomFields draft={draft} change={change} />
            <Plan devices={devices} />
          </div>
        </Panel>
        <Panel title={w.pace}>
          <div className={form.form}>
            <PaceFields draft={draft} change={change} />
            <Refused error={begin.error} />
            <Group justify="flex-end">
              <Button type="submit" loading={begin.isPending}>
                {w.begin}
              </Button>
            </Group>
          </div>
        </Panel>
      </form>
    </Page>
  );
}

function WhomFields({ draft, change }: FieldsProps) {
  const w = useWords(words);
  const d = useWords(deviceWords);
  const profiles = useProfileNames();
  const text = (name: 'search' | 'label' | 'tag', label: string, hint?: string) => (
    <TextInput label={label} description={hint} maxLength={255} autoComplete="off" spellCheck={false} value={draft[name]} onChange={(e) => change({ [name]: e.currentTarget.value })} />
  );
  return (
    <>
      <NativeSelect
        label={w.profile}
        value={draft.profile}
        onChange={(e) => change({ profile: e.currentTarget.value })}
        data={[{ value: '', label: w.anyProfile }, ...new Set([...profiles, draft.profile].filter(Boolean))]}
      />
      <Group grow align="flex-start">
        <NativeSelect
          label={w.kind}
          value={draft.credential}
          onChange={(e) => change({ credential: e.currentTarget.value as Kind | '' })}
          data={[{ value: '', label: w.anyKind }, ...kinds.map((k) => ({ value: k, label: d[`kind${k}`] }))]}
        />
        <TextInput type="date" label={w.before} value={draft.before} onChange={(e) => change({ before: e.currentTarget.value })} />
      </Group>
      <Group grow align="flex-start">
        {text('search', w.name)}
        {text('label', w.label)}
      </Group>
      {text('tag', w.tag, w.tagHint)}
    </>
  );
}

function PaceFields({ draft, change }: FieldsProps) {
  const w = useWords(words);
  return (
    <>
      <Group grow align="flex-start">
        <TextInput
          type="number"
          min={1}
          max={10000}
          required
          withAsterisk={false}
          label={w.wave}
          description={w.waveHint}
          value={draft.wave}
          onChange={(e) => change({ wave: e.currentTarget.value })}
        />
        <TextInput label={w.pause} description={w.pauseHint} required withAsterisk={false} value={draft.pause} onChange={(e) => change({ pause: e.currentTarget.value })} />
      </Group>
      <Group grow align="flex-start">
        <TextInput
          label={w.overdueAfter}
          description={w.overdueHint}
          required
          withAsterisk={false}
          value={draft.overdueAfter}
          onChange={(e) => change({ overdueAfter: e.currentTarget.value })}
        />
        <TextInput
          type="number"
          min={0}
          max={100}
          required
          withAsterisk={false}
          label={w.errorPercent}
          description={w.errorHint}
          value={draft.errorPercent}
          onChange={(e) => change({ errorPercent: e.currentTarget.value })}
        />
      </Group>
    </>
  );
}
