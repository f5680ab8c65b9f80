import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { answer, api, type Schemas } from '../api/client';
import { renewDevices } from '../devices/queries';
import { words as deviceWords } from '../devices/words';
import { Code } from '../parts/Code';
import { PEM } from '../parts/PEM';
import { Refused } from '../parts/Refused';
import { useMay } from '../people/session';
import { randomText } from '../profiles/draft';
import form from '../parts/Form.module.css';
import { useWords } from '../words/words';
import styles from './Commands.module.css';
import { makeKey } from './shell';
import type { Typed } from './typed';
import { shellOf, type System } from './ways';
import { words } from './words';

interface Props {
  device: Schemas['DeviceView'];
  system: System;
  typed: Typed;
  change: (t: Typed) => void;
}

// ProofFields take what the device proves itself with. No secret can be read again, so it is pasted, or a new one is made.
export function ProofFields({ device, system, typed, change }: Props) {
  const w = useWords(words);
  const d = useWords(deviceWords);
  const may = useMay('operator');
  const set = (part: Partial<Typed>) => change({ ...typed, ...part });
  const make = useMutation({
    mutationFn: (body: Schemas['NewCredential']) => answer(api.POST('/v1/devices/{name}/credentials', { params: { path: { name: device.name } }, body })),
    onSuccess: async (made, body) => {
      change({
        ...typed,
        fresh: made.kind,
        ...(made.token ? { token: made.token } : {}),
        ...(body.mqttUsername ? { clientId: '', username: body.mqttUsername, password: body.mqttPassword ?? '' } : {}),
      });
      await renewDevices();
    },
  });
  const button = (label: string, body: () => Schemas['NewCredential'], whole = true) =>
    may && (
      <div>
        <Button variant="default" size="compact-sm" loading={make.isPending} disabled={!whole} onClick={() => make.mutate(body())}>
          {label}
        </Button>
      </div>
    );
  const fresh = typed.fresh === typed.kind;
  const secret = { autoComplete: 'off', spellCheck: false, classNames: { input: form.mono ?? '' } } as const;
  return (
    <>
      {typed.kind === 'ACCESS_TOKEN' && (
        <>
          <TextInput label={d.token} description={fresh ? w.fresh : w.tokenHint} {...secret} value={typed.token} onChange={(e) => set({ token: e.currentTarget.value })} />
          {button(w.makeToken, () => ({}))}
        </>
      )}
      {typed.kind === 'MQTT_BASIC' && (
        <>
          <TextInput label={d.clientID} {...secret} value={typed.clientId} onChange={(e) => set({ clientId: e.currentTarget.value })} />
          <TextInput label={d.username} {...secret} value={typed.username} onChange={(e) => set({ username: e.currentTarget.value })} />
          <PasswordInput label={d.password} description={fresh ? w.fresh : w.passwordHint} autoComplete="off" value={typed.password} onChange={(e) => set({ password: e.currentTarget.value })} />
          {button(w.makeBasic, () => ({ mqttUsername: `${device.name}-${randomText(4)}`, mqttPassword: randomText(20) }))}
        </>
      )}
      {(typed.kind === 'X509_CERTIFICATE' || typed.kind === 'PUBLIC_KEY') && (
        <>
          <p className={styles.hint}>{w[`files${typed.kind}`]}</p>
          <Code label={w.makeKey} text={makeKey(shellOf(system), typed.kind, device.name)} />
          {may && (
            <>
              <PEM
                label={typed.kind === 'PUBLIC_KEY' ? d.publicKey : d.certificate}
                hint={typed.kind === 'PUBLIC_KEY' ? d.publicKeyHint : d.certificateHint}
                text={typed.pem}
                change={(pem) => set({ pem })}
              />
              {button(w.register, () => (typed.kind === 'PUBLIC_KEY' ? { publicKey: typed.pem } : { certificate: typed.pem }), typed.pem.trim() !== '')}
              {fresh && <p className={styles.hint}>{w.registered}</p>}
            </>
          )}
        </>
      )}
      <Refused error={make.error} />
    </>
  );
}
