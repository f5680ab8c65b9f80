import { UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../words/words';
import { Rows } from './Loading';
import styles from './Table.module.css';
import { words } from './words';

export interface Column<T> {
  key: string;
  label: string;
  sort?: string; // what the server calls this order
  wide?: boolean; // left out where there is little room
  number?: boolean;
  cell: (row: T) => ReactNode;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[] | undefined;
  id: (row: T) => string;
  sort?: string;
  onSort?: (sort: string) => void;
  empty?: ReactNode;
}

// Table shows rows that the server has found and ordered.
export function Table<T>({ label, columns, rows, id, sort = '', onSort, empty }: Props<T>) {
  if (!rows) {
    return <Rows />;
  }
  if (rows.length === 0 && empty) {
    return empty;
  }
  return (
    <div className={styles.frame}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((c) => (
              <Heading key={c.key} column={c} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)}>
              {columns.map((c) => (
                <td key={c.key} className={className(c)}>
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadingProps<T> {
  column: Column<T>;
  sort: string;
  onSort: ((sort: string) => void) | undefined;
}

export function Heading<T>({ column, sort, onSort }: HeadingProps<T>) {
  return (
    <th scope="col" className={className(column)} aria-sort={direction(column, sort)}>
      {column.sort && onSort ? <Sorter column={column} sort={sort} onSort={onSort} /> : column.label}
    </th>
  );
}

function Sorter<T>({ column, sort, onSort }: { column: Column<T>; sort: string; onSort: (sort: string) => void }) {
  const w = useWords(words);
  const order = column.sort ?? '';
  return (
    <UnstyledButton className={styles.sorter} title={w.sortBy(column.label)} onClick={() => onSort(sort === order ? `-${order}` : order)}>
      {column.label}
      <span aria-hidden="true">{sort === order ? '↑' : sort === `-${order}` ? '↓' : ''}</span>
    </UnstyledButton>
  );
}

function direction<T>(c: Column<T>, sort: string): 'ascending' | 'descending' | undefined {
  if (!c.sort) {
    return undefined;
  }
  return sort === c.sort ? 'ascending' : sort === `-${c.sort}` ? 'descending' : undefined;
}

function className<T>(c: Column<T>): string | undefined {
  return [c.wide && styles.wide, c.number && styles.number].filter(Boolean).join(' ') || undefined;
}
