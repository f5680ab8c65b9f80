import { Button, Menu } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Refused } from '../parts/Refused';
import type { Selection } from '../parts/useSelection';
import { useWords } from '../words/words';
import { acts, type Act } from './acts';
import { allThatMatch, mostAtOnce, type Device, type Search } from './list';
import styles from './Together.module.css';
import { words } from './words';

// DevicesTogether are what can be done with the devices that are chosen.
export default function DevicesTogether({ search, selection, begin }: { search: Search; selection: Selection<Device>; begin: (act: Act) => void }) {
  const w = useWords(words);
  const all = useMutation({ mutationFn: () => allThatMatch(search), onSuccess: (found) => selection.set(found, true) });
  return (
    <div className={styles.bar} id="together">
      <Button size="compact-sm" variant="subtle" loading={all.isPending} onClick={() => all.mutate()}>
        {w.selectAll}
      </Button>
      <Button size="compact-sm" variant="subtle" color="gray" disabled={all.isPending} onClick={selection.clear}>
        {w.selectNone}
      </Button>
      <Refused error={all.error} />
      {all.data?.length === mostAtOnce && <span role="status">{w.selectedMost(mostAtOnce)}</span>}
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <Button size="compact-sm">
            {w.together}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {acts.map((a) => (
            <Menu.Item key={a} color={a === 'delete' ? 'var(--bad)' : undefined} onClick={() => begin(a)}>
              {w[`act${a}`]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
