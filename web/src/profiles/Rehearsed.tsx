import type { Schemas } from '../api/client';
import { Reason } from '../parts/Refused';
import { Say } from '../parts/Say';
import { Table } from '../parts/Table';
import { Tag } from '../parts/Tag';
import { useSaid } from '../words/said';
import { useLanguage, useWords } from '../words/words';
import styles from './Profile.module.css';
import { rehearsalWords } from './rehearsalWords';

type Group = Schemas['RehearsalGroup'];

// Rehearsed says who of the last days would have got in and who not, and for whom that is other than it was.
export function Rehearsed({ of }: { of: Schemas['Rehearsal'] }) {
  const w = useWords(rehearsalWords);
  const said = useSaid();
  const language = useLanguage();
  const number = (n: number) => n.toLocaleString(language);
  const judged = of.groups.filter((g) => g.result !== 'unjudged');
  const sum = (groups: Group[]) => groups.reduce((n, g) => n + g.attempts, 0);
  const admitted = sum(judged.filter((g) => !g.after));
  return (
    <div className={styles.rehearsed} role="status">
      <strong>{of.attempts === 0 ? w.rehearsedNone : w.rehearsed(number(admitted), number(sum(judged) - admitted))}</strong>
      {of.attempts > 0 && <Tag tone={of.different ? 'care' : 'good'}>{of.different ? w.rehearsedOther(number(of.different)) : w.rehearsedSame}</Tag>}
      {of.groups.length > 0 && (
        <Table
          label={w.rehearsal}
          rows={of.groups}
          id={(g) => [g.action, g.before, g.after, g.result].join()}
          columns={[
            { key: 'before', label: w.itWas, cell: (g) => <Outcome reason={g.before} /> },
            { key: 'after', label: w.itWouldBe, cell: (g) => (g.result === 'unjudged' ? <Tag tone="quiet">{w.cannotSay}</Tag> : <Outcome reason={g.after} />) },
            { key: 'attempts', label: w.attempts, number: true, cell: (g) => number(g.attempts) },
            { key: 'names', label: w.theseNames, wide: true, cell: (g) => names(g, w.andOthers) },
          ]}
        />
      )}
      {of.notes.map((note) => (
        <p key={note} className={styles.note}>
          <Say of={said.free(note)} />
        </p>
      ))}
    </div>
  );
}

function Outcome({ reason }: { reason: string }) {
  const w = useWords(rehearsalWords);
  return <Tag tone={reason ? 'bad' : 'good'}>{reason ? <Reason code={reason} /> : w.wasLetIn}</Tag>;
}

function names(g: Group, andOthers: (n: number) => string): string {
  const shown = [...new Set(g.samples.map((s) => s.name).filter(Boolean))];
  return shown.join(', ') + (g.names > shown.length && shown.length > 0 ? andOthers(g.names - shown.length) : '');
}
