import { ActionIcon, UnstyledButton } from '@mantine/core';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { MenuIcon, SearchIcon } from '../parts/icons';
import { useWords } from '../words/words';
import { Mark } from './Mark';
import { pages, type PageLink } from './pages';
import styles from './Shell.module.css';
import { words } from './words';

// Neither has to be there before the page is: they come after it.
const palette = () => import('./Palette');
const Palette = lazy(palette);
const Who = lazy(() => import('./Who'));

// Shell is what stays while pages change: where one is, where one may go, and who one is.
export function Shell() {
  const w = useWords(words);
  const [menu, setMenu] = useState(false);
  const [finding, setFinding] = useState(false);
  const path = useRouterState({ select: (s) => s.location.pathname });
  useEffect(() => setMenu(false), [path]);
  useEffect(() => void palette(), []);
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
        <Suspense fallback={<div className={styles.who} />}>
          <Who />
        </Suspense>
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
  const w = useWords(words);
  return (
    <li>
      <Link to={page.to} className={styles.link} activeOptions={{ exact: page.to === '/', includeSearch: false }}>
        <page.icon />
        {w[page.title]}
        <Suspense>{page.note && <page.note />}</Suspense>
      </Link>
    </li>
  );
}
