import { Button, Group, Progress } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { answer, api } from '../api/client';
import { useEvents } from '../live/useEvents';
import { Facts } from '../parts/Facts';
import { Reason, Refused, Why } from '../parts/Refused';
import { Table } from '../parts/Table';
import { useMay } from '../people/session';
import { useLanguage, useWords } from '../words/words';
import styles from './Bulk.module.css';
import { Phase } from './Phase';
import { failuresQuery, importQuery, isOver, learn, mostFailures, renewEnded, type Import } from './queries';
import { words } from './words';

// Outcome is how far an import is, live, what has become of its rows, and what is wrong with those that were not filed.
export function Outcome({ of: i }: { of: Import }) {
  const w = useWords(words);
  const language = useLanguage();
  const { refetch } = useQuery({ ...importQuery(i.id), refetchInterval: isOver(i) ? false : 5_000 });
  useEvents(isOver(i) ? null : { kind: ['imports'] }, {
    hear: ({ import: heard }) => heard?.id === i.id && learn(heard),
    missed: () => void refetch(),
  });
  const over = isOver(i);
  useEffect(() => {
    if (over) {
      renewEnded();
    }
  }, [over]);
  const number = (n: number) => n.toLocaleString(language);
  const part = i.bytes > 0 ? Math.min(100, Math.round((i.read / i.bytes) * 100)) : 100;
  return (
    <div className={styles.outcome}>
      {!over && <Progress value={part} aria-label={w.progress} transitionDuration={200} />}
      <div role="status">
        <Facts
          all={[
            [w.state, <Phase key="phase" of={i} />],
            [i.dryRun ? w.wouldCreate : w.created, number(i.created)],
            [i.dryRun ? w.wouldUpdate : w.updated, number(i.updated)],
            [w.unchanged, number(i.unchanged)],
            [w.failed, number(i.failed)],
          ]}
        />
      </div>
      {i.reason && (
        <p className={styles.why}>
          <Why of={i} /> <Reason code={i.reason} />
        </p>
      )}
      <Acts of={i} />
      {i.failed > 0 && <Failures of={i} />}
    </div>
  );
}

// Acts are what can be done with an import: stopping it, letting it go on, and taking back the rows that have failed.
function Acts({ of: i }: { of: Import }) {
  const w = useWords(words);
  const operator = useMay('operator');
  const admin = useMay('admin');
  const one = { params: { path: { id: i.id } } };
  const cancel = useMutation({ mutationFn: () => answer(api.POST('/v1/imports/{id}/cancel', one)), onSuccess: learn });
  const resume = useMutation({ mutationFn: () => answer(api.POST('/v1/imports/{id}/resume', one)), onSuccess: learn });
  if (!operator) {
    return null;
  }
  return (
    <>
      <Group gap="xs">
        {!isOver(i) && (
          <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
            {w.stop}
          </Button>
        )}
        {(i.state === 'cancelled' || i.state === 'failed') && (
          <Button size="compact-sm" variant="default" loading={resume.isPending} onClick={() => resume.mutate()}>
            {w.resume}
          </Button>
        )}
        {isOver(i) && i.failed > 0 && (
          <Button size="compact-sm" variant="default" component="a" href={`/v1/imports/${i.id}/failed`} download={`${(i.file ?? 'devices').replace(/\.\w+$/, '')}.failed.${i.format}`}>
            {w.downloadFailed}
          </Button>
        )}
        {admin && i.state === 'done' && !i.dryRun && i.created > 0 && (
          <Button size="compact-sm" variant="default" component="a" href="/v1/export?format=csv&secrets=true" download="devices.csv">
            {w.downloadSecrets}
          </Button>
        )}
      </Group>
      <Refused error={cancel.error ?? resume.error} />
    </>
  );
}

function Failures({ of: i }: { of: Import }) {
  const w = useWords(words);
  const { data, error } = useQuery(failuresQuery(i.id, i.failed));
  return (
    <>
      <Refused error={error} />
      <Table
        label={w.failures}
        rows={data?.items}
        id={(f) => String(f.line)}
        columns={[
          { key: 'line', label: w.line, number: true, cell: (f) => f.line },
          { key: 'column', label: w.column, cell: (f) => f.column && <code>{f.column}</code> },
          { key: 'message', label: w.wrong, cell: (f) => <span className={styles.message}><Why of={{ reason: f.reason, detail: f.message }} /></span> },
          { key: 'reason', label: w.toDo, cell: (f) => <Reason code={f.reason} /> },
        ]}
      />
      <p className={styles.note}>
        {i.failed > mostFailures && w.moreFailures(mostFailures)} {w.mend}
      </p>
    </>
  );
}
