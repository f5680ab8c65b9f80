import { Link } from '@tanstack/react-router';
import { commonName } from '../certificates/x509';
import { Empty } from '../parts/Empty';
import { Panel } from '../parts/Page';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { When } from '../parts/When';
import { useWords } from '../words/words';
import { listTones } from './tones';
import type { Trust } from './trusts';
import { words } from './words';

// Trusted are the authorities of others, each with the profile whose devices it vouches for.
export function Trusted({ all }: { all: Trust[] | undefined }) {
  const w = useWords(words);
  return (
    <Panel title={w.trusted} flush>
      <Table
        label={w.trusted}
        rows={all}
        id={(t) => `${t.profile} ${t.authority.serial} ${t.authority.subject}`}
        columns={[
          { key: 'authority', label: w.authority, cell: (t) => <span title={t.authority.subject}>{commonName(t.authority.subject)}</span> },
          {
            key: 'profile',
            label: w.profile,
            cell: (t) => (
              <Link to="/profiles/$name" params={{ name: t.profile }} search={{ part: 'settings' }}>
                {t.profile}
              </Link>
            ),
          },
          { key: 'key', label: w.key, wide: true, cell: (t) => t.authority.key },
          { key: 'until', label: w.validUntil, wide: true, cell: (t) => <When at={t.authority.notAfter} /> },
          { key: 'without', label: w.without, wide: true, cell: (t) => (t.hard ? w.hard : w.soft) },
          {
            key: 'list',
            label: w.list,
            cell: (t) => (t.list ? <Tag tone={listTones[t.list.state]}>{t.list.name}</Tag> : <Tag tone={t.hard ? 'bad' : 'quiet'}>{w.noList}</Tag>),
          },
        ]}
        empty={<Empty title={w.noneTrusted}>{w.noneTrustedText}</Empty>}
      />
    </Panel>
  );
}
