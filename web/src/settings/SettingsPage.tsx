import { Link, Outlet, type LinkProps } from '@tanstack/react-router';
import { Page } from '../parts/Page';
import { Tabs } from '../parts/Tabs';
import { useMay } from '../people/session';
import { useWords } from '../words/words';
import { words } from './words';

// The parts, in their order, and whether they are for admins alone.
const parts = [
  ['server', false],
  ['users', true],
  ['tokens', true],
  ['limits', false],
  ['configuration', true],
  ['backup', true],
  ['metrics', false],
  ['audit', true],
] as const;

// SettingsPage is the server itself: how it is, who may do what with it, and what they did.
export function SettingsPage() {
  const w = useWords(words);
  const admin = useMay('admin');
  return (
    <Page title={w.title}>
      <Tabs label={w.parts}>
        {parts
          .filter(([, only]) => admin || !only)
          .map(([part]) => (
            <Link key={part} to={`/settings/${part}` as LinkProps['to']} activeOptions={{ includeSearch: false }}>
              {w[part]}
            </Link>
          ))}
      </Tabs>
      <Outlet />
    </Page>
  );
}
