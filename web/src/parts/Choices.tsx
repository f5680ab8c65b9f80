import { Radio } from '@mantine/core';
import styles from './Choices.module.css';

interface Props<T extends string> {
  label: string;
  value: T;
  all: readonly (readonly [value: T, label: string, about: string, disabled?: boolean])[];
  change: (value: T) => void;
}

// Choices are few things of which one is chosen, each with what it means.
export function Choices<T extends string>({ label, value, all, change }: Props<T>) {
  return (
    <Radio.Group label={label} value={value} onChange={(v) => change(v as T)}>
      <div className={styles.choices}>
        {all.map(([v, name, about, disabled]) => (
          <Radio key={v} value={v} label={name} description={about} disabled={disabled} className={styles.choice ?? ''} wrapperProps={{ 'data-chosen': v === value || undefined }} />
        ))}
      </div>
    </Radio.Group>
  );
}
