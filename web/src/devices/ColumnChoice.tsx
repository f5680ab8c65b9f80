import { ActionIcon, Checkbox, Popover } from '@mantine/core';
import { ColumnsIcon } from '../parts/icons';
import styles from '../parts/Form.module.css';
import { useWords } from '../words/words';
import { choosable, type Choosable } from './columns';
import { words } from './words';

export default function ColumnChoice({ chosen, choose }: { chosen: Choosable[]; choose: (now: Choosable[]) => void }) {
  const w = useWords(words);
  return (
    <Popover position="bottom-end" trapFocus withinPortal shadow="md">
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={w.columns} title={w.columns}>
          <ColumnsIcon />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={w.columns}>
        <div className={styles.form}>
          {choosable.map((c) => (
            <Checkbox
              key={c}
              label={w[c]}
              checked={chosen.includes(c)}
              onChange={(e) => choose(e.currentTarget.checked ? [...chosen, c] : chosen.filter((one) => one !== c))}
            />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
