import { Radio } from '@mantine/core';
import { useWords } from '../words/words';
import styles from './RoleChoice.module.css';
import { may, roles, type Role } from './session';
import { words } from './words';

// RoleChoice chooses a role, at most the highest that is given, and says what each may do.
export function RoleChoice({ value, change, most = 'admin' }: { value: Role; change: (r: Role) => void; most?: Role }) {
  const w = useWords(words);
  return (
    <Radio.Group label={w.role} value={value} onChange={(r) => change(r as Role)}>
      <div className={styles.choices}>
        {roles.filter((r) => may(most, r)).map((r) => (
          <Radio key={r} value={r} label={w[r]} description={w[`${r}May`]} />
        ))}
      </div>
    </Radio.Group>
  );
}
