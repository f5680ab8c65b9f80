import { FileButton, Button, NativeSelect, PasswordInput, Textarea, TextInput } from '@mantine/core';
import { useWords } from '../words/words';
import { kinds, type Draft, type Kind } from './evidence';
import styles from './Fields.module.css';
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
        <PEM label={w.certificate} hint={w.certificateHint} text={draft.certificate} change={(certificate) => set({ certificate })} />
      )}
      {draft.kind === 'PUBLIC_KEY' && <PEM label={w.publicKey} hint={w.publicKeyHint} text={draft.publicKey} change={(publicKey) => set({ publicKey })} />}
    </>
  );
}

// PEM takes a text that is pasted, or a file of it.
export function PEM({ label, hint, text, change }: { label: string; hint: string; text: string; change: (text: string) => void }) {
  const w = useWords(words);
  return (
    <div className={styles.pem}>
      <Textarea
        label={label}
        description={hint}
        placeholder="-----BEGIN …"
        autosize
        minRows={5}
        maxRows={12}
        spellCheck={false}
        classNames={{ input: styles.mono ?? '' }}
        value={text}
        onChange={(e) => change(e.currentTarget.value)}
      />
      <FileButton onChange={(file) => void file?.text().then(change)} accept=".pem,.crt,.cer,.pub">
        {(props) => (
          <Button {...props} size="compact-xs" variant="subtle">
            {w.fromFile}
          </Button>
        )}
      </FileButton>
    </div>
  );
}
