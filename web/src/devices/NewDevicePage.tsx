import { Button, Checkbox, Group, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api, queries } from '../api/client';
import { Once } from '../parts/Once';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Steps } from '../parts/Steps';
import { useProfileNames } from '../profiles/queries';
import { useWords } from '../words/words';
import { emptyDraft, evidenceOf, isWhole } from './evidence';
import { EvidenceFields } from './EvidenceFields';
import styles from '../parts/Form.module.css';
import { parseTags } from './tags';
import { words } from './words';

const empty = { name: '', profile: 'default', label: '', description: '', tags: '', gateway: false };

export function NewDevicePage() {
  const w = useWords(words);
  const [step, setStep] = useState(0);
  const [details, setDetails] = useState(empty);
  const [draft, setDraft] = useState(emptyDraft);
  const create = useMutation({
    mutationFn: () => answer(api.POST('/v1/devices', { body: { ...details, tags: parseTags(details.tags), ...evidenceOf(draft) } })),
    onSuccess: () => {
      setStep(2);
      return queries.invalidateQueries({ queryKey: ['devices'] });
    },
  });
  const again = () => {
    create.reset();
    setDetails({ ...empty, profile: details.profile });
    setDraft(emptyDraft);
    setStep(0);
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (step === 0) {
      setStep(1);
    } else {
      create.mutate();
    }
  };
  return (
    <Page title={w.newTitle} narrow back={{ to: '/devices', label: w.title }}>
      <Steps all={[w.stepDetails, w.stepCredentials, w.stepDone]} at={step} />
      <Panel>
        {create.data ? (
          <div className={styles.form}>
            <strong>{w.madeTitle(create.data.name)}</strong>
            {create.data.token ? <Once all={[[w.token, create.data.token]]} /> : <span>{w.madeText}</span>}
            <Group gap="xs">
              <Button renderRoot={(props) => <Link to="/devices/$name" params={{ name: create.data.name }} {...props} />}>{w.toDevice}</Button>
              <Button variant="default" onClick={again}>
                {w.another}
              </Button>
            </Group>
          </div>
        ) : (
          <form className={styles.form} onSubmit={submit}>
            {step === 0 ? <Details details={details} change={setDetails} /> : <EvidenceFields draft={draft} change={setDraft} />}
            <Refused error={create.error} />
            <div className={styles.foot}>
              {step === 1 ? (
                <Button variant="default" onClick={() => setStep(0)}>
                  {w.back}
                </Button>
              ) : (
                <span />
              )}
              <Button type="submit" loading={create.isPending} disabled={step === 1 && !isWhole(draft)}>
                {step === 0 ? w.next : w.create}
              </Button>
            </div>
          </form>
        )}
      </Panel>
    </Page>
  );
}

function Details({ details, change }: { details: typeof empty; change: (d: typeof empty) => void }) {
  const w = useWords(words);
  const profiles = useProfileNames();
  return (
    <>
      <TextInput
        label={w.name}
        description={w.nameHint}
        required
        withAsterisk={false}
        maxLength={255}
        autoComplete="off"
        spellCheck={false}
        autoFocus
        value={details.name}
        onChange={(e) => change({ ...details, name: e.currentTarget.value })}
      />
      <NativeSelect label={w.profile} value={details.profile} onChange={(e) => change({ ...details, profile: e.currentTarget.value })} data={profiles.length > 0 ? profiles : [details.profile]} />
      <TextInput label={w.label} description={w.labelHint} maxLength={255} value={details.label} onChange={(e) => change({ ...details, label: e.currentTarget.value })} />
      <Textarea label={w.tags} description={w.tagsHint} autosize minRows={1} maxRows={6} value={details.tags} onChange={(e) => change({ ...details, tags: e.currentTarget.value })} />
      <Textarea label={w.description} description={w.descriptionHint} maxLength={1000} autosize minRows={1} maxRows={6} value={details.description} onChange={(e) => change({ ...details, description: e.currentTarget.value })} />
      <Checkbox label={w.gatewayHint} checked={details.gateway} onChange={(e) => change({ ...details, gateway: e.currentTarget.checked })} />
    </>
  );
}
