import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { words as deviceWords } from '../devices/words';
import { Panel } from '../parts/Page';
import { Table } from '../parts/Table';
import { useMay } from '../people/session';
import { useLanguage, useWords } from '../words/words';
import { day, dateOf, sorts, type Ending } from './spans';
import { words } from './words';

const near = [3, 14, 30] as const;

interface Props {
  all: Ending[];
  days: number;
  signer: (key: string | undefined) => string;
}

// Sums say how many credentials of each profile, kind and authority end soon.
export function Sums({ all, days, signer }: Props) {
  const w = useWords(words);
  const d = useWords(deviceWords);
  const language = useLanguage();
  const may = useMay('operator');
  const number = (n: number) => n.toLocaleString(language);
  const now = Date.now();
  return (
    <Panel title={w.sums} flush>
      <Table
        label={w.sums}
        rows={sorts(all, near, now)}
        id={(s) => JSON.stringify([s.profile, s.kind, s.authority])}
        columns={[
          { key: 'profile', label: w.profile, cell: (s) => s.profile },
          { key: 'kind', label: w.kind, wide: true, cell: (s) => d[`kind${s.kind}`] },
          { key: 'authority', label: w.authority, wide: true, cell: (s) => (s.kind === 'X509_CERTIFICATE' ? signer(s.authority) : '') },
          ...near.map((n) => ({ key: `in${n}`, label: w.inDays(n), number: true, wide: n !== 14, cell: (s: { within: Record<number, number> }) => number(s.within[n] ?? 0) })),
          ...(days > 30 ? [{ key: 'all', label: w.inDays(days), number: true, wide: true, cell: (s: { count: number }) => number(s.count) }] : []),
          {
            key: 'acts',
            label: '',
            cell: (s) =>
              may && (
                <Button
                  size="compact-xs"
                  variant="subtle"
                  renderRoot={(props) => (
                    <Link to="/add-campaign" search={{ profile: s.profile, credential: s.kind, before: dateOf(now + days * day) }} {...props} />
                  )}
                >
                  {w.renewThese}
                </Button>
              ),
          },
        ]}
      />
    </Panel>
  );
}
