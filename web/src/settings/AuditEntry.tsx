import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { Ago } from '../parts/Ago';
import { Dialog } from '../parts/Dialog';
import { Facts } from '../parts/Facts';
import { Rows } from '../parts/Loading';
import { Refused } from '../parts/Refused';
import { useWords } from '../words/words';
import { useDeed } from './audit';
import { fieldsOf } from './AuditPart';
import styles from './Settings.module.css';
import { words } from './words';

// AuditEntry opens one entry: the fields that were touched, as they were and as they are.
export function AuditEntry({ number, close }: { number: string; close: () => void }) {
  const w = useWords(words);
  const deed = useDeed();
  const { data, error } = useQuery({
    queryKey: ['audit', 'one', number],
    queryFn: async () => (await answer(api.GET('/v1/audit', { params: { query: { after: Number(number) + 1, limit: 1 } } }))).items.find((e) => String(e.number) === number) ?? null,
  });
  return (
    <Dialog onClose={close} size="lg" title={data ? deed(data) : w.entry}>
      <Refused error={error} />
      {data === undefined && !error && <Rows count={3} />}
      {data === null && <span>{w.entryGone}</span>}
      {data && (
        <div className={styles.stack}>
          <Facts
            all={[
              [w.which, data.name],
              [w.who, data.actor],
              [w.when, <Ago key="when" at={data.at} />],
              [w.remote, data.remote],
              [w.number, String(data.number)],
            ]}
          />
          <dl className={styles.diff}>
            {fieldsOf(data).map((field) => (
              <div key={field}>
                <dt>{field}</dt>
                <Side side="before" label={w.before} of={data.before} field={field} />
                <Side side="after" label={w.after} of={data.after} field={field} />
              </div>
            ))}
          </dl>
        </div>
      )}
    </Dialog>
  );
}

function Side({ side, label, of, field }: { side: 'before' | 'after'; label: string; of: unknown; field: string }) {
  const value = (of as Record<string, unknown> | null | undefined)?.[field];
  if (value === undefined) {
    return null;
  }
  return (
    <dd data-side={side} aria-label={label} title={label}>
      {typeof value === 'string' ? value : JSON.stringify(value, null, typeof value === 'object' ? 2 : undefined)}
    </dd>
  );
}
