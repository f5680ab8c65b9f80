import { Button, Group, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, Link, useBlocker } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { answer, api, queries } from '../api/client';
import { Choices } from '../parts/Choices';
import { Confirm } from '../parts/Confirm';
import form from '../parts/Form.module.css';
import { Page, Panel } from '../parts/Page';
import { PEM } from '../parts/PEM';
import { Refused } from '../parts/Refused';
import { useWords } from '../words/words';
import { DeviceField } from './DeviceField';
import { fileName } from './files';
import { PEMText } from './PEMText';
import { renewCertificates, type Whole } from './queries';
import { canMakeKeys, makeKey } from './request';
import { words } from './words';

const route = getRouteApi('/shell/issue-certificate');

interface Made {
  certificate: Whole;
  key: string | undefined; // of this browser; undefined: whoever made the request has it
}

// IssuePage has a certificate issued, for a key that is made in this browser or for one that somebody has elsewhere.
export function IssuePage() {
  const w = useWords(words);
  const [made, setMade] = useState<Made>();
  return (
    <Page title={w.issue} narrow back={{ to: '/certificates', label: w.issued }}>
      <Panel>{made ? <Handed made={made} again={() => setMade(undefined)} /> : <IssueForm done={setMade} />}</Panel>
    </Page>
  );
}

function IssueForm({ done }: { done: (made: Made) => void }) {
  const w = useWords(words);
  const { device: asked = '' } = route.useSearch();
  const [whom, setWhom] = useState<'device' | 'other'>('device');
  const [name, setName] = useState(asked);
  const [how, setHow] = useState<'here' | 'request'>(canMakeKeys() ? 'here' : 'request');
  const [csr, setCSR] = useState('');
  const [days, setDays] = useState('');
  const issue = useMutation({
    mutationFn: async (): Promise<Made> => {
      const own = how === 'here' ? await makeKey() : undefined;
      const body = { csr: own?.csr ?? csr, [whom === 'device' ? 'device' : 'subject']: name, days: Number(days) || undefined };
      return { certificate: await answer(api.POST('/v1/certificates', { body })), key: own?.key };
    },
    onSuccess: async (made) => {
      done(made);
      await Promise.all([renewCertificates(), queries.invalidateQueries({ queryKey: ['devices'] })]);
    },
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    issue.mutate();
  };
  return (
    <form className={form.form} onSubmit={submit}>
      <Choices
        label={w.whom}
        value={whom}
        change={setWhom}
        all={[
          ['device', w.forDevice, w.forDeviceText],
          ['other', w.forOther, w.forOtherText],
        ]}
      />
      {whom === 'device' ? (
        <DeviceField name={name} change={setName} />
      ) : (
        <TextInput label={w.commonName} required withAsterisk={false} maxLength={64} autoComplete="off" spellCheck={false} value={name} onChange={(e) => setName(e.currentTarget.value)} />
      )}
      <Choices
        label={w.key}
        value={how}
        change={setHow}
        all={[
          ['here', w.keyHere, canMakeKeys() ? w.keyHereText : w.keyHereNot, !canMakeKeys()],
          ['request', w.keyRequest, w.keyRequestText],
        ]}
      />
      {how === 'request' && <PEM label={w.csr} hint={w.csrHint} text={csr} change={setCSR} />}
      <TextInput type="number" min={1} max={3650} label={w.days} description={w.daysHint} value={days} onChange={(e) => setDays(e.currentTarget.value)} />
      <Refused error={issue.error} />
      <Group justify="flex-end">
        <Button type="submit" loading={issue.isPending} disabled={name === '' || (how === 'request' && csr.trim() === '')}>
          {w.issue}
        </Button>
      </Group>
    </form>
  );
}

// Handed shows what was made. Nobody leaves a private key behind that is nowhere else without being asked.
function Handed({ made: { certificate: c, key }, again }: { made: Made; again: () => void }) {
  const w = useWords(words);
  const [kept, setKept] = useState(key === undefined);
  const [asking, setAsking] = useState(false);
  const leaving = useBlocker({ shouldBlockFn: () => !kept, enableBeforeUnload: () => !kept, withResolver: true });
  const stay = () => {
    setAsking(false);
    leaving.reset?.();
  };
  const file = fileName(c.subject);
  return (
    <div className={form.form}>
      <strong>{w.madeTitle(c.subject)}</strong>
      <span>{c.device ? w.madeDevice : w.madeOther}</span>
      {key && <PEMText label={w.privateKey} file={`${file}.key`} text={key} once onKept={() => setKept(true)} />}
      <PEMText label={w.withChain} file={`${file}.pem`} text={c.pem + c.chain} />
      <Group gap="xs">
        <Button renderRoot={(props) => <Link to="/certificates/issued/$serial" params={{ serial: c.serial }} {...props} />}>{w.toCertificate}</Button>
        <Button variant="default" onClick={kept ? again : () => setAsking(true)}>
          {w.another}
        </Button>
      </Group>
      {(asking || leaving.status === 'blocked') && (
        <Confirm title={w.loseKey} act={w.loseKeyAct} error={undefined} busy={false} close={stay} go={leaving.proceed ?? again}>
          {w.loseKeyText(c.subject)}
        </Confirm>
      )}
    </div>
  );
}
