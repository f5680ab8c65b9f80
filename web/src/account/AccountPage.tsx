import { NativeSelect } from '@mantine/core';
import form from '../parts/Form.module.css';
import { Page, Panel } from '../parts/Page';
import { useMe } from '../people/session';
import { words as people } from '../people/words';
import { languages, speak, useLanguage, useWords, type Language } from '../words/words';
import { ChangePassword } from './ChangePassword';
import { Logins } from './Logins';
import { OwnTokens } from './OwnTokens';
import { words } from './words';

const names: Record<Language, string> = { en: 'English', de: 'Deutsch' };

// AccountPage is what concerns who is signed in alone.
export function AccountPage() {
  const w = useWords(words);
  const p = useWords(people);
  const me = useMe();
  const language = useLanguage();
  return (
    <Page title={w.title} about={`${me.name} · ${p[me.role]}: ${p[`${me.role}May`]}`}>
      <Logins name={me.name} />
      <OwnTokens />
      <ChangePassword />
      <Panel title={w.language}>
        <div className={form.narrow}>
          <NativeSelect
            label={w.languageOf}
            description={w.languageHint}
            value={language}
            onChange={(e) => speak(e.currentTarget.value as Language)}
            data={languages.map((l) => ({ value: l, label: names[l] }))}
          />
        </div>
      </Panel>
    </Page>
  );
}
