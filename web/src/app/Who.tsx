import { Menu, UnstyledButton } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Refused } from '../parts/Refused';
import { signOut, useMe } from '../people/session';
import { words as people } from '../people/words';
import { speak, useLanguage, useWords } from '../words/words';
import styles from './Shell.module.css';
import { words } from './words';

// Who is the one who is signed in, and what concerns them alone.
export default function Who() {
  const w = useWords(words);
  const p = useWords(people);
  const me = useMe();
  const language = useLanguage();
  const navigate = useNavigate();
  const leave = useMutation({ mutationFn: signOut, onSuccess: () => navigate({ to: '/sign-in' }) });
  return (
    <>
      <Refused error={leave.error} />
      <Menu position="top-start" width={200}>
        <Menu.Target>
          <UnstyledButton className={styles.who}>
            <span className={styles.face} aria-hidden="true">
              {me.name.slice(0, 1).toUpperCase()}
            </span>
            <span className={styles.whoText}>
              <strong>{me.name}</strong>
              <small>{p[me.role]}</small>
            </span>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to="/account">
            {p.account}
          </Menu.Item>
          <Menu.Item onClick={() => speak(language === 'en' ? 'de' : 'en')}>{w.language}</Menu.Item>
          <Menu.Item component="a" href="/docs/api" target="_blank">
            {w.reference}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item onClick={() => leave.mutate()}>{p.signOut}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
