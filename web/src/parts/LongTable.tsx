import { memo, useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useWords } from '../words/words';
import { boxRows, boxStart } from './long';
import styles from './LongTable.module.css';
import { Refused } from './Refused';
import { Heading, type Column } from './Table';
import { places, useLong, type Source } from './useLong';
import type { Selection } from './useSelection';
import { words } from './words';

const height = 40; // of a row, and of the header; the style sheet says the same
const ahead = 10; // rows that are drawn above and below those that are seen

interface Props<T> {
  label: string;
  columns: readonly LongColumn<T>[];
  source: Source<T>;
  place: readonly unknown[]; // of this visit: who comes back to it comes back to the row
  id: (row: T) => string;
  name: (row: T) => string;
  sort: string;
  onSort: (sort: string) => void;
  selection?: Selection<T>;
  onEnter?: () => void; // at a chosen row: what is to become of those that are
  empty: ReactNode;
}

export interface LongColumn<T> extends Column<T> {
  width?: number; // without one it takes what the others leave
}

// LongTable shows a list of any length. Rows are all as high as each other, and only those that are seen are drawn.
export function LongTable<T>({ label, columns, source, place, id, name, sort, onSort, selection, onEnter, empty }: Props<T>) {
  const w = useWords(words);
  const pane = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(30);
  const visit = JSON.stringify(place);
  const [was, setAt] = useState(() => begun(place));
  const at = was.visit === visit ? was : begun(place);
  const { top, kept } = at;
  const { list, rows, row, between, old, error, again } = useLong(source, kept, top, top + seen);
  const begin = boxStart(at.box, top, rows);
  if (at !== was || begin !== at.box) {
    setAt({ ...at, box: begin });
  }

  // When the box begins elsewhere, what is seen stays where it is.
  const drawn = useRef({ visit: '', begin: 0 });
  useLayoutEffect(() => {
    const was = drawn.current;
    const p = pane.current;
    if (p) {
      p.scrollTop = was.visit === visit ? p.scrollTop + (was.begin - begin) * height : (top - begin) * height;
      drawn.current = { visit, begin };
    }
  }, [visit, begin]);
  useEffect(() => {
    const see = new ResizeObserver(([e]) => setSeen(Math.ceil((e?.contentRect.height ?? 0) / height)));
    if (pane.current) {
      see.observe(pane.current);
    }
    return () => see.disconnect();
  }, []);
  // A row that had the focus and has gone out of sight leaves it to the table.
  const focused = useRef(false);
  useEffect(() => {
    if (focused.current && document.activeElement === document.body) {
      pane.current?.focus({ preventScroll: true });
    }
  });

  const scroll = () => {
    const now = begin + (pane.current?.scrollTop ?? 0) / height;
    places.keep(place, { list, row: now });
    if (Math.abs(now - top) >= ahead / 2 || now === 0) {
      setAt({ ...at, top: Math.floor(now) });
    }
  };
  const from = Math.max(begin, Math.floor(top) - ahead);
  const to = Math.min(rows, begin + boxRows, Math.floor(top) + seen + ahead);
  const shown = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

  const latest = useRef({ row, between, selection, visit });
  useLayoutEffect(() => {
    latest.current = { row, between, selection, visit };
  });
  const last = useRef({ visit: '', number: 0 }); // that was chosen: numbers mean other rows in another visit
  const [missed, setMissed] = useState<unknown>();
  const choose = useCallback((number: number, is: boolean, many: boolean) => {
    const { row, between, selection, visit } = latest.current;
    const other = many && last.current.visit === visit ? last.current.number : number;
    last.current = { visit, number };
    setMissed(undefined);
    const one = row(number);
    selection?.set(one === undefined ? [] : [one], is);
    if (other !== number) {
      void between(Math.min(other, number), Math.max(other, number)).then((rows) => selection?.set(rows, is), setMissed);
    }
  }, []);
  const press = (e: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    const control = e.target as HTMLElement;
    if (e.key === 'Enter' && control.tagName === 'INPUT') {
      e.preventDefault(); // it would press what gets the focus now
      onEnter?.();
    }
    const here = control.closest('tr')?.dataset.row;
    if (!step || here === undefined) {
      return;
    }
    e.preventDefault();
    const next = pane.current?.querySelector<HTMLElement>(`tr[data-row="${Number(here) + step}"] ${control.tagName === 'INPUT' ? 'input' : 'a'}`);
    next?.focus();
    if (e.shiftKey && next instanceof HTMLInputElement) {
      choose(Number(here), true, false);
      choose(Number(here) + step, true, true);
    }
  };
  const width = columns.reduce((sum, c) => sum + (c.width ?? 200), selection ? 44 : 0);
  return (
    <>
      {Boolean(error) && (
        <div className={styles.refused}>
          <Refused error={error} again={again} />
        </div>
      )}
      {Boolean(missed) && (
        <div className={styles.refused}>
          <Refused error={missed} />
        </div>
      )}
      <div
        ref={pane}
        className={styles.pane}
        tabIndex={0}
        role="region"
        aria-label={label}
        data-old={old || undefined}
        onScroll={scroll}
        onFocus={() => (focused.current = true)}
        onBlur={(e) => (focused.current = !e.target.isConnected)}
      >
        {rows === 0 && empty}
        <table hidden={rows === 0 || (Boolean(error) && list.rows === 0)} className={styles.table} style={{ minWidth: width }} aria-label={label} aria-rowcount={list.more ? -1 : rows + 1}>
          <colgroup>
            {selection && <col style={{ width: 44 }} />}
            {columns.map((c) => (
              <col key={c.key} style={{ width: c.width }} />
            ))}
          </colgroup>
          <thead>
            <tr aria-rowindex={1}>
              {selection && (
                <th scope="col">
                  <SelectShown rows={shown.filter((n) => n >= top && n < top + seen).flatMap((n) => row(n) ?? [])} id={id} selection={selection} />
                </th>
              )}
              {columns.map((c) => (
                <Heading key={c.key} column={c} sort={sort} onSort={onSort} />
              ))}
            </tr>
          </thead>
          <tbody onKeyDown={press}>
            <tr aria-hidden="true" className={styles.space} style={{ height: (from - begin) * height }} />
            {shown.map((n) => {
              const one = row(n);
              return one ? (
                <Row
                  key={id(one)}
                  row={one}
                  number={n}
                  columns={columns as readonly LongColumn<unknown>[]}
                  chosen={selection && selection.all.has(id(one))}
                  select={w.select(name(one))}
                  choose={choose}
                />
              ) : (
                <tr key={n} className={styles.coming} aria-rowindex={n + 2}>
                  <td colSpan={columns.length + (selection ? 1 : 0)} aria-label={w.loading}>
                    <span />
                  </td>
                </tr>
              );
            })}
            <tr aria-hidden="true" className={styles.space} style={{ height: (Math.min(rows, begin + boxRows) - to) * height }} />
          </tbody>
        </table>
      </div>
    </>
  );
}

// begun is where a visit begins: where it was left, or at the top.
function begun(place: readonly unknown[]) {
  const was = places.find(place);
  const top = was?.row ?? 0;
  return { visit: JSON.stringify(place), kept: was?.list, top, box: boxStart(0, top, was?.list.rows ?? 0) };
}

interface RowProps {
  row: unknown;
  number: number;
  columns: readonly LongColumn<unknown>[];
  chosen: boolean | undefined; // undefined: rows are not chosen here
  select: string;
  choose: (number: number, is: boolean, many: boolean) => void;
}

const Row = memo(function Row({ row, number, columns, chosen, select, choose }: RowProps) {
  return (
    <tr data-row={number} aria-rowindex={number + 2} aria-selected={chosen}>
      {chosen !== undefined && (
        <td>
          <input
            type="checkbox"
            className={styles.box}
            aria-label={select}
            checked={chosen}
            onChange={(e) => choose(number, e.currentTarget.checked, (e.nativeEvent as unknown as MouseEvent).shiftKey)}
          />
        </td>
      )}
      {columns.map((c) => (
        <td key={c.key} className={c.number ? styles.number : undefined}>
          {c.cell(row)}
        </td>
      ))}
    </tr>
  );
});

// SelectShown chooses the rows that are seen.
function SelectShown<T>({ rows, id, selection }: { rows: T[]; id: (row: T) => string; selection: Selection<T> }) {
  const w = useWords(words);
  const chosen = rows.filter((r) => selection.all.has(id(r))).length;
  return (
    <input
      type="checkbox"
      className={styles.box}
      aria-label={w.selectShown}
      checked={rows.length > 0 && chosen === rows.length}
      ref={(box) => {
        if (box) {
          box.indeterminate = chosen > 0 && chosen < rows.length;
        }
      }}
      onChange={(e) => selection.set(rows, e.currentTarget.checked)}
    />
  );
}
