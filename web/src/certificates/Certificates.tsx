import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Page } from '../parts/Page';
import { Tabs } from '../parts/Tabs';
import { useWords } from '../words/words';
import { words } from './words';

const parts = [
  ['/certificates', 'issued'],
  ['/certificates/authority', 'authority'],
  ['/certificates/others', 'others'],
  ['/certificates/expiry', 'expiry'],
  ['/certificates/campaigns', 'campaigns'],
  ['/certificates/check', 'check'],
] as const;

// Certificates are a page of parts, of which each has its address.
export function Certificates({ act, children }: { act?: ReactNode; children: ReactNode }) {
  const w = useWords(words);
  return (
    <Page title={w.title} act={act}>
      <Tabs label={w.parts}>
        {parts.map(([to, name]) => (
          <Link key={to} to={to} activeOptions={{ exact: true, includeSearch: false }}>
            {w[name]}
          </Link>
        ))}
      </Tabs>
      {children}
    </Page>
  );
}
