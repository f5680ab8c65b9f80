import { Checkbox, Textarea, TextInput } from '@mantine/core';
import form from '../parts/Form.module.css';
import { useWords } from '../words/words';
import type { FieldsProps } from './DetailsFields';
import { fieldWords } from './fieldWords';
import styles from './Profile.module.css';

// CertificateFields are what stands in certificates that the built-in authority gives to devices of the profile.
export function CertificateFields({ draft, change }: FieldsProps) {
  const w = useWords(fieldWords);
  return (
    <>
      <p className={styles.note}>{w.certificatesText}</p>
      <TextInput
        type="number"
        min={1}
        max={3650}
        required
        withAsterisk={false}
        label={w.certificateDays}
        value={draft.days}
        onChange={(e) => change({ days: e.currentTarget.value })}
      />
      <TextInput label={w.organization} maxLength={64} value={draft.organization} onChange={(e) => change({ organization: e.currentTarget.value })} />
      <TextInput label={w.unit} maxLength={64} value={draft.unit} onChange={(e) => change({ unit: e.currentTarget.value })} />
      <Textarea
        label={w.dnsNames}
        description={w.namesHint}
        placeholder="{name}.devices.example.org"
        autosize
        minRows={1}
        spellCheck={false}
        classNames={{ input: form.mono ?? '' }}
        value={draft.dnsNames}
        onChange={(e) => change({ dnsNames: e.currentTarget.value })}
      />
      <Textarea
        label={w.uris}
        description={w.urisHint}
        placeholder="urn:example:{profile}:{id}"
        autosize
        minRows={1}
        spellCheck={false}
        classNames={{ input: form.mono ?? '' }}
        value={draft.uris}
        onChange={(e) => change({ uris: e.currentTarget.value })}
      />
      <Checkbox label={w.serverToo} description={w.serverTooHint} checked={draft.server} onChange={(e) => change({ server: e.currentTarget.checked })} />
    </>
  );
}
