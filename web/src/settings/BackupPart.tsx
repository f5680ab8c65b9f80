import { Button, Checkbox } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { answer, api } from '../api/client';
import { Facts } from '../parts/Facts';
import form from '../parts/Form.module.css';
import { Panel } from '../parts/Page';
import { Password } from '../parts/Password';
import { Refused } from '../parts/Refused';
import { save } from '../parts/save';
import { useLanguage, useWords } from '../words/words';
import styles from './Settings.module.css';
import { words } from './words';

// BackupPart writes everything into one file, which the browser keeps.
export function BackupPart() {
  const w = useWords(words);
  const language = useLanguage();
  const [withKey, setWithKey] = useState(true);
  const [passphrase, setPassphrase] = useState('');
  const make = useMutation({
    mutationFn: async () => {
      const file: Blob = await answer(api.POST('/v1/backups', { body: { passphrase: withKey ? passphrase : undefined }, parseAs: 'blob' }));
      const name = `muster-${new Date().toISOString().slice(0, 16).replace(/[-:]/g, '')}.tar`;
      save(name, file);
      return { name, size: file.size };
    },
    onSuccess: () => setPassphrase(''),
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    make.mutate();
  };
  return (
    <>
      <p className={styles.note}>{w.backupText}</p>
      <Panel title={w.backup}>
        <form className={`${form.form} ${styles.narrow}`} onSubmit={submit}>
          <Checkbox label={w.withKey} description={w.withKeyHint} checked={withKey} onChange={(e) => setWithKey(e.currentTarget.checked)} />
          {withKey && <Password fresh label={w.passphrase} description={w.passphraseHint} value={passphrase} change={setPassphrase} />}
          {!withKey && <p className={styles.note}>{w.withoutKey}</p>}
          <Refused error={make.error} />
          <div>
            <Button type="submit" loading={make.isPending}>
              {w.backupNow}
            </Button>
          </div>
          {make.data && (
            <div role="status">
              <Facts
                all={[
                  [w.madeBackup, make.data.name],
                  [w.size, size(make.data.size, language)],
                ]}
              />
            </div>
          )}
        </form>
      </Panel>
      <p className={styles.note}>{w.backupRestore}</p>
    </>
  );
}

function size(bytes: number, language: string): string {
  const [unit, by] = bytes < 1e6 ? (['kilobyte', 1e3] as const) : bytes < 1e9 ? (['megabyte', 1e6] as const) : (['gigabyte', 1e9] as const);
  return (bytes / by).toLocaleString(language, { style: 'unit', unit, maximumFractionDigits: 1 });
}
