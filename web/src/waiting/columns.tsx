import { Button, Checkbox } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Ago } from '../parts/Ago';
import type { Column } from '../parts/Table';
import { useMay } from '../people/session';
import { useLanguage, useWords } from '../words/words';
import type { Pending } from './queries';
import type { Verb } from './useDecision';
import styles from './Waiting.module.css';
import { words } from './words';

interface Hands {
  selected: ReadonlySet<string>;
  select: (id: string, is: boolean) => void;
  decide: (verb: Verb, of: Pending) => void;
}

export function usePendingColumns(state: Pending['state'], { selected, select, decide }: Hands): Column<Pending>[] {
  const w = useWords(words);
  const may = useMay('operator');
  const box: Column<Pending> = {
    key: 'select',
    label: '',
    cell: (p) => <Checkbox size="xs" aria-label={w.select(p.name)} checked={selected.has(p.id)} onChange={(e) => select(p.id, e.currentTarget.checked)} />,
  };
  const acts: Column<Pending> = {
    key: 'acts',
    label: '',
    cell: (p) => (
      <div className={styles.acts}>
        {state !== 'approved' && (
          <Button size="compact-sm" variant="default" aria-label={w.approveOne(p.name)} onClick={() => decide('approve', p)}>
            {w.approve}
          </Button>
        )}
        {state !== 'rejected' && (
          <Button size="compact-sm" variant="subtle" color="red.8" aria-label={w.rejectOne(p.name)} onClick={() => decide('reject', p)}>
            {w.reject}
          </Button>
        )}
      </div>
    ),
  };
  const when: Column<Pending> =
    state === 'waiting'
      ? { key: 'since', label: w.since, wide: true, cell: (p) => <Ago at={p.createdAt} /> }
      : { key: 'until', label: w.until, wide: true, cell: (p) => <Ago at={p.expiresAt} /> };
  return [
    ...(may ? [box] : []),
    { key: 'device', label: w.device, cell: (p) => <Device of={p} /> },
    { key: 'profile', label: w.profile, wide: true, cell: (p) => p.profile },
    { key: 'asks', label: w.asks, wide: true, cell: (p) => <code lang="en">{p.asks}</code> },
    { key: 'from', label: w.from, wide: true, cell: (p) => p.remote },
    when,
    ...(state === 'waiting' ? [] : [{ key: 'by', label: w.decidedBy, wide: true, cell: (p: Pending) => p.decidedBy }]),
    ...(may ? [acts] : []),
  ];
}

// Device says who asks, and what somebody who decides has to know of it.
function Device({ of: { name, deviceId, proof, rivals, gateway, profile, asks, remote, createdAt } }: { of: Pending }) {
  const w = useWords(words);
  const language = useLanguage();
  const about = [deviceId ? (proof ? w.proved(proof) : w.isIn) : w.new, gateway && w.gateway].filter(Boolean).join(' · ');
  return (
    <span className={styles.device}>
      {deviceId ? (
        <Link to="/devices/$name" params={{ name }}>
          {name}
        </Link>
      ) : (
        <span>{name}</span>
      )}
      <small>{about}</small>
      <small className={styles.narrow}>
        {profile} · {remote} · <Ago at={createdAt} />
      </small>
      <small className={styles.narrow}>
        <code lang="en">{asks}</code>
      </small>
      {rivals > 0 && <small className={styles.care}>{rivals === 1 ? w.rival : w.rivals(rivals.toLocaleString(language))}</small>}
    </span>
  );
}
