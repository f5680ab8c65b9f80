import { Button, Checkbox } from '@mantine/core';
import { useLanguage, useWords } from '../words/words';
import type { Pending } from './queries';
import type { Decision, Verb } from './useDecision';
import styles from './Waiting.module.css';
import { words } from './words';

interface Props {
  state: Pending['state'];
  rows: Pending[];
  profile: string | undefined; // of which all may be meant, as all of it is shown
  selected: ReadonlySet<string>;
  select: (ids: string[], is: boolean) => void;
  ask: (decision: Decision) => void;
}

// Bulk is what can be done with those that are selected, or with all that wait in a profile.
export function Bulk({ state, rows, profile, selected, select, ask }: Props) {
  const w = useWords(words);
  const language = useLanguage();
  const those = rows.filter((p) => selected.has(p.id));
  const n = those.length.toLocaleString(language);
  const all = those.length === 0 && state === 'waiting' && profile !== undefined;
  const verbs = ([['approve', 'approved'] as const, ['reject', 'rejected'] as const]).filter(([, becomes]) => becomes !== state).map(([verb]): Verb => verb);
  return (
    <div className={styles.bar}>
      <Checkbox
        size="xs"
        label={those.length > 0 ? w.selected(n) : w.selectAll}
        checked={those.length === rows.length}
        indeterminate={those.length > 0 && those.length < rows.length}
        onChange={(e) => select(rows.map((p) => p.id), e.currentTarget.checked)}
      />
      <div className={styles.acts}>
        {(those.length > 0 || all) &&
          verbs.map((verb) => (
            <Button key={verb} size="compact-sm" variant={verb === 'approve' ? 'filled' : 'default'} onClick={() => ask(all ? { verb, those: [], profile } : { verb, those })}>
              {all ? w[`${verb}All`](profile) : w[`${verb}Many`](n)}
            </Button>
          ))}
      </div>
    </div>
  );
}
