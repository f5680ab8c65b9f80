import { Button, Group } from '@mantine/core';
import form from '../parts/Form.module.css';
import { useWords } from '../words/words';
import type { Draft } from './draft';
import { fieldWords } from './fieldWords';
import { labels } from './labels';
import { changes } from './merge';
import { words } from './words';

interface Props {
  base: Draft;
  theirs: Draft;
  busy: boolean;
  keep: () => void;
  take: () => void;
}

// Changed says what somebody else has changed while one typed. Nothing that was typed is lost.
export function Changed({ base, theirs, busy, keep, take }: Props) {
  const w = useWords(words);
  const f = useWords(fieldWords);
  return (
    <div className={form.changed} role="alert">
      <p>
        <strong>{w.changedTitle}</strong> {w.changedText}
      </p>
      <dl>
        {changes(base, theirs).map((field) => (
          <div key={field}>
            <dt>{f[labels[field]]}</dt>
            <dd>{shown(theirs[field], w.yes, w.no)}</dd>
          </div>
        ))}
      </dl>
      <Group gap="xs">
        <Button loading={busy} onClick={keep}>
          {w.keepMine}
        </Button>
        <Button variant="default" disabled={busy} onClick={take}>
          {w.takeTheirs}
        </Button>
      </Group>
    </div>
  );
}

function shown(value: string | boolean, yes: string, no: string): string {
  return typeof value === 'boolean' ? (value ? yes : no) : value || '–';
}
