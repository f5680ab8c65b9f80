import { NativeSelect, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './Filters.module.css';
import { SearchIcon } from './icons';
import { useTyped } from './useTyped';

// Filters stand over a list and narrow it.
export function Filters({ label, children }: { label?: string; children: ReactNode }) {
  return (
    <div className={styles.filters} role="search" aria-label={label}>
      {children}
    </div>
  );
}

export function SearchFilter({ label, value = '', onChange }: { label: string; value?: string; onChange: (text: string) => void }) {
  const [text, setText] = useTyped(value, onChange);
  return (
    <TextInput
      className={styles.search}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<SearchIcon size={15} />}
      maxLength={255}
      value={text}
      onChange={(e) => setText(e.currentTarget.value)}
    />
  );
}

interface ChoiceProps {
  label: string;
  any: string; // what it says where nothing is chosen
  value?: string;
  all: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
}

export function ChoiceFilter({ label, any, value = '', all, onChange }: ChoiceProps) {
  return (
    <NativeSelect
      className={styles.choice}
      aria-label={label}
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
      data={[{ value: '', label: any }, ...all.map(([v, l]) => ({ value: v, label: l }))]}
    />
  );
}

interface TimeProps {
  label: string;
  value?: string;
  onChange: (value: string | undefined) => void;
}

// TimeFilter bounds a list by a time, which is that of this browser.
export function TimeFilter({ label, value = '', onChange }: TimeProps) {
  return (
    <label className={styles.time}>
      {label}
      <TextInput type="datetime-local" value={value} onChange={(e) => onChange(e.currentTarget.value || undefined)} />
    </label>
  );
}
