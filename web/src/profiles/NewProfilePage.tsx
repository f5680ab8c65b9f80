import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../api/client';
import styles from '../parts/Form.module.css';
import { Fold } from '../parts/Fold';
import { Once } from '../parts/Once';
import { Page, Panel } from '../parts/Page';
import { Refused } from '../parts/Refused';
import { Steps } from '../parts/Steps';
import { useWords } from '../words/words';
import { CertificateFields } from './CertificateFields';
import { ConnectionFields } from './ConnectionFields';
import { DetailsFields } from './DetailsFields';
import { asksWithKey, bodyOf, emptyDraft, randomText, type Draft } from './draft';
import { KeyFields } from './KeyFields';
import { keyWords } from './keyWords';
import { renewProfiles } from './queries';
import { SecurityFields } from './SecurityFields';
import { StrategyFields } from './StrategyFields';
import { words } from './words';

const last = 3;

// NewProfilePage is the wizard of four steps that makes a profile, with the key and the secret that its devices bring.
export function NewProfilePage() {
  const w = useWords(words);
  const k = useWords(keyWords);
  const [step, setStep] = useState(0);
  const [draft, setDraft] = useState(emptyDraft);
  const [key, setKey] = useState(() => ({ key: randomText(20), secret: randomText(32) }));
  const create = useMutation({
    mutationFn: () =>
      answer(api.POST('/v1/profiles', { body: { ...bodyOf(draft), ...(asksWithKey(draft.strategy) ? { provisionKey: key.key, provisionSecret: key.secret } : {}) } })),
    onSuccess: renewProfiles,
  });
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (step < last) {
      setStep(step + 1);
    } else {
      create.mutate();
    }
  };
  const whole = draft.strategy !== 'x509-chain' || draft.ca.trim() !== '';
  const made = create.data;
  return (
    <Page title={w.add} narrow back={{ to: '/profiles', label: w.title }}>
      <Steps all={[w.details, w.connection, w.security, w.provisioning]} at={made ? last + 1 : step} />
      <Panel>
        {made ? (
          <div className={styles.form}>
            <strong>{w.madeTitle(made.name)}</strong>
            <span>{made.provisionSecret ? w.madeKeyText : w.madeText}</span>
            {made.provisionKey && made.provisionSecret && (
              <Once
                all={[
                  [k.key, made.provisionKey],
                  [k.secret, made.provisionSecret],
                ]}
              />
            )}
            <div>
              <Button renderRoot={(props) => <Link to="/profiles/$name" params={{ name: made.name }} {...props} />}>{w.toProfile}</Button>
            </div>
          </div>
        ) : (
          <form className={styles.form} onSubmit={submit}>
            {step === 0 && <DetailsFields draft={draft} change={change} />}
            {step === 1 && <ConnectionFields draft={draft} change={change} />}
            {step === 2 && (
              <>
                <SecurityFields draft={draft} change={change} />
                <Fold title={w.certificateTemplate}>
                  <CertificateFields draft={draft} change={change} />
                </Fold>
              </>
            )}
            {step === last && (
              <>
                <StrategyFields draft={draft} change={change} />
                {asksWithKey(draft.strategy) && <KeyFields value={key} change={setKey} />}
              </>
            )}
            <Refused error={create.error} />
            <div className={styles.foot}>
              {step > 0 ? (
                <Button variant="default" onClick={() => setStep(step - 1)}>
                  {w.back}
                </Button>
              ) : (
                <span />
              )}
              <Button type="submit" loading={create.isPending} disabled={step === last && !whole}>
                {step < last ? w.next : w.create}
              </Button>
            </div>
          </form>
        )}
      </Panel>
    </Page>
  );
}
