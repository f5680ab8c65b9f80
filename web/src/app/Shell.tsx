import { ActionIcon, Menu, UnstyledButton } from '@mantine/core';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { signOut, useMe } from '../people/session';
import { words as people } from '../people/words';
import { MenuIcon, SearchIcon } from '../parts/icons';
import { speak, useLanguage, useWords } from '../words/words';
import { Mark } from './Mark';
import { pages, type PageLink } from './pages';
import styles from './Shell.module.css';
import { words } from './words';

const Palette = lazy(() => import('./Palette'));

// Shell is what stays while pages change: where one is, where one may go, and who one is.
export function Shell() {
  const w = useWords(words);
  const [menu, setMenu] = useState(false);
  const [finding, setFinding] = useState(false);
  const path = useRouterState({ select: (s) => s.location.pathname });
  useEffect(() => setMenu(false), [path]);
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') {
        e.preventDefault();
        setFinding((is) => !is);
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
  return (
    <div className={styles.shell}>
      <a href="#page" className={styles.skip}>
        {w.skip}
      </a>
      <header className={styles.bar}>
        <ActionIcon variant="subtle" color="gray" size="lg" onClick={() => setMenu(!menu)} aria-label={w.menu} aria-expanded={menu}>
          <MenuIcon />
        </ActionIcon>
        <Mark />
        <ActionIcon variant="subtle" color="gray" size="lg" onClick={() => setFinding(true)} aria-label={w.find}>
          <SearchIcon />
        </ActionIcon>
      </header>
      <nav className={styles.side} data-open={menu || undefined} aria-label={w.pages}>
        <div className={styles.mark}>
          <Mark />
        </div>
        <UnstyledButton className={styles.find} onClick={() => setFinding(true)}>
          <SearchIcon size={15} />
          <span>{w.go}</span>
          <kbd>Ctrl K</kbd>
        </UnstyledButton>
        <ul>
          {pages.map((p) => (
            <NavLink key={p.to} page={p} />
          ))}
        </ul>
        <Who />
      </nav>
      {menu && <div className={styles.veil} onClick={() => setMenu(false)} />}
      <main id="page" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      {finding && (
        <Suspense>
          <Palette close={() => setFinding(false)} />
        </Suspense>
      )}
    </div>
  );
}

function NavLink({ page }: { page: PageLink }) {
  const w = useWords(page.words);
  return (
    <li>
      <Link to={page.to} className={styles.link} activeOptions={{ exact: page.to === '/', includeSearch: false }}>
        <page.icon />
        {w.title}
      </Link>
    </li>
  );
}

function Who() {
  const w = useWords(words);
  const p = useWords(people);
  const me = useMe();
  const language = useLanguage();
  const navigate = useNavigate();
  const leave = async () => {
    await signOut();
    await navigate({ to: '/sign-in' });
  };
  return (
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
        <Menu.Item onClick={() => speak(language === 'en' ? 'de' : 'en')}>{w.language}</Menu.Item>
        <Menu.Item component="a" href="/docs/api" target="_blank">
          {w.reference}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={leave}>{p.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
