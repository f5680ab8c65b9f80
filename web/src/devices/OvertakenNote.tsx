import { Button, Group } from '@mantine/core';
import form from '../parts/Form.module.css';
import { useWords } from '../words/words';
import styles from './Attributes.module.css';
import { Value } from './Value';
import { words } from './words';

interface Props {
  now: unknown; // undefined: there is none any more
  busy?: boolean;
  keep?: () => void;
  take?: () => void;
}

// OvertakenNote says what somebody else has made of an attribute meanwhile, and asks which is to be kept.
export function OvertakenNote({ now, busy, keep, take }: Props) {
  const w = useWords(words);
  return (
    <div className={form.changed} role="alert">
      {now === undefined ? (
        <p>{w.removedMeanwhile}</p>
      ) : (
        <p>
          {w.changedMeanwhile}{' '}
          <span className={styles.now}>
            <Value value={now} />
          </span>
        </p>
      )}
      {keep && take && (
        <Group gap="xs">
          <Button size="compact-sm" variant="default" disabled={busy} onClick={take}>
            {w.takeTheirs}
          </Button>
          <Button size="compact-sm" variant="default" loading={busy} onClick={keep}>
            {w.keepMine}
          </Button>
        </Group>
      )}
    </div>
  );
}
