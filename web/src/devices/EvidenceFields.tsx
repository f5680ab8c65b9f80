import { NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { PEM } from '../parts/PEM';
import { useWords } from '../words/words';
import { CertificateCheck } from './CertificateCheck';
import { kinds, type Draft, type Kind } from './evidence';
import { words } from './words';

export function EvidenceFields({ draft, change }: { draft: Draft; change: (d: Draft) => void }) {
  const w = useWords(words);
  const set = (part: Partial<Draft>) => change({ ...draft, ...part });
  return (
    <>
      <NativeSelect
        label={w.kind}
        value={draft.kind}
        onChange={(e) => set({ kind: e.currentTarget.value as Kind })}
        data={kinds.map((k) => ({ value: k, label: w[`kind${k}`] }))}
      />
      {draft.kind === 'ACCESS_TOKEN' && (
        <TextInput
          label={w.token}
          description={w.tokenHint}
          autoComplete="off"
          spellCheck={false}
          value={draft.token}
          onChange={(e) => set({ token: e.currentTarget.value })}
        />
      )}
      {draft.kind === 'MQTT_BASIC' && (
        <>
          <TextInput label={w.clientID} description={w.basicHint} autoComplete="off" spellCheck={false} value={draft.mqttClientId} onChange={(e) => set({ mqttClientId: e.currentTarget.value })} />
          <TextInput label={w.username} autoComplete="off" spellCheck={false} value={draft.mqttUsername} onChange={(e) => set({ mqttUsername: e.currentTarget.value })} />
          <PasswordInput label={w.password} autoComplete="new-password" value={draft.mqttPassword} onChange={(e) => set({ mqttPassword: e.currentTarget.value })} />
        </>
      )}
      {draft.kind === 'X509_CERTIFICATE' && (
        <>
          <PEM label={w.certificate} hint={w.certificateHint} text={draft.certificate} change={(certificate) => set({ certificate })} />
          <CertificateCheck text={draft.certificate} />
        </>
      )}
      {draft.kind === 'PUBLIC_KEY' && <PEM label={w.publicKey} hint={w.publicKeyHint} text={draft.publicKey} change={(publicKey) => set({ publicKey })} />}
    </>
  );
}
