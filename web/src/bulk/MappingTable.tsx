import { NativeSelect, TextInput } from '@mantine/core';
import type { Schemas } from '../api/client';
import { Code } from '../parts/Code';
import { useWords } from '../words/words';
import styles from './Bulk.module.css';
import { fields, type Mapping } from './columns';
import type { Preview } from './preview';
import { words } from './words';

const withKey = ['server', 'shared', 'client', 'telemetry'];

interface Props {
  preview: Preview;
  headless: boolean;
  mapping: Mapping;
  change: (m: Mapping) => void;
  failures: Schemas['Failure'][]; // that a dry run has found
}

// MappingTable shows the first rows of a file, what each column is taken for, and what is wrong with their cells.
export function MappingTable({ preview, headless, mapping, change, failures }: Props) {
  const w = useWords(words);
  const [head, ...rest] = preview.rows;
  if (!head) {
    return <p>{w.emptyFile}</p>;
  }
  if (preview.format === 'jsonl') {
    return <Code label={w.preview} text={preview.rows.map((r) => r.cells[0]).join('\n')} />;
  }
  const set = (at: number, field: string) => change(mapping.map((f, i) => (i === at ? field : f)));
  const name = (i: number) => (headless ? String(i + 1) : (head.cells[i] ?? ''));
  const wrong = (line: number, at: number) => failures.find((f) => f.line === line && (f.column === undefined || f.column === name(at) || f.column === mapping[at]));
  return (
    <div className={styles.frame} role="group" aria-label={w.preview} tabIndex={0}>
      <table className={styles.mapping}>
        <thead>
          <tr>
            {mapping.map((field, i) => (
              <th key={i} scope="col">
                <span className={styles.heading}>{name(i) || '–'}</span>
                <Is label={w.columnIs(name(i))} field={field} change={(f) => set(i, f)} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(headless ? preview.rows : rest).map((row) => (
            <tr key={row.line}>
              {mapping.map((field, i) => {
                const why = wrong(row.line, i);
                return (
                  <td key={i} data-ignored={field === 'ignored' || undefined} data-wrong={why ? true : undefined} title={why?.message}>
                    {row.cells[i]}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// Is chooses what a column is. One of attributes or readings has a key behind it.
function Is({ label, field, change }: { label: string; field: string; change: (field: string) => void }) {
  const w = useWords(words);
  const [group = '', ...key] = field.split('.');
  const keyed = withKey.includes(group) && field.includes('.');
  return (
    <>
      <NativeSelect
        size="xs"
        aria-label={label}
        error={field === ''}
        value={keyed ? `${group}.` : field}
        onChange={(e) => change(e.currentTarget.value.endsWith('.') ? `${e.currentTarget.value}${key.join('.') || 'key'}` : e.currentTarget.value)}
        data={[
          { value: '', label: w.fieldUnknown, disabled: true },
          { value: 'ignored', label: w.fieldIgnored },
          ...fields.map((f) => ({ value: f, label: withKey.includes(f) ? w.objectOf(f) : f })),
          ...withKey.map((f) => ({ value: `${f}.`, label: w.keyIn(f) })),
        ]}
      />
      {keyed && <TextInput mt={4} size="xs" aria-label={w.keyOf(label)} maxLength={255} value={key.join('.')} onChange={(e) => change(`${group}.${e.currentTarget.value}`)} />}
    </>
  );
}
