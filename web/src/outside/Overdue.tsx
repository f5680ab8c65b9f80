import { WarningIcon } from '../parts/icons';
import { useWords } from '../words/words';
import styles from './Overdue.module.css';
import type { RevocationList } from './queries';
import type { Trust } from './trusts';
import { words } from './words';

// Overdue warns of lists that are past their date or not believed, and of authorities whose devices are refused therefore.
export function Overdue({ lists, trusts }: { lists: RevocationList[]; trusts: Trust[] }) {
  const w = useWords(words);
  const refused = trusts.filter((t) => t.hard && t.list?.state !== 'current');
  const said = [
    ...lists.filter((l) => l.state !== 'current').map((l) => (l.state === 'outdated' ? w.warnOutdated(l.name) : w.warnUnused(l.name))),
    ...new Set(refused.map((t) => w.warnHard(t.profile))),
  ];
  if (said.length === 0) {
    return null;
  }
  return (
    <div className={styles.warning} role="alert">
      <WarningIcon />
      <ul>
        {said.map((s) => (
          <li key={s}>{s}</li>
        ))}
      </ul>
    </div>
  );
}
