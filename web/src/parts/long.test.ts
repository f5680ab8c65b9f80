import { expect, it } from 'vitest';
import { boxRows, boxStart, filed, pageOf, piecesOf, unread, type Long } from './long';

// three is a list of which three pages of ten have come, and a fourth has not.
const three = [0, 1, 2].reduce<Long>((list, page) => filed(list, page, page ? `p${page}` : '', 10, `p${page + 1}`), unread);

it('goes on page by page, and ends where nothing is next', () => {
  expect(three).toEqual({ starts: [{ after: '', row: 0 }, { after: 'p1', row: 10 }, { after: 'p2', row: 20 }, { after: 'p3', row: 30 }], rows: 30, more: true });
  expect(filed(three, 3, 'p3', 4, undefined)).toMatchObject({ rows: 34, more: false });
  expect(filed(unread, 0, '', 0, undefined)).toMatchObject({ rows: 0, more: false });
});

it('stays the same when a page comes again as it was', () => {
  const whole = filed(three, 3, 'p3', 4, undefined);
  expect(filed(whole, 3, 'p3', 4, undefined)).toBe(whole);
  expect(filed(three, 1, 'p1', 10, 'p2')).toBe(three);
});

it('moves what is behind a page that has fewer rows than before', () => {
  const list = filed(three, 1, 'p1', 8, 'p2');
  expect(list.starts.map((s) => s.row)).toEqual([0, 10, 18, 28]);
  expect(list.rows).toBe(28);
});

it('forgets what is behind a page whose next begins elsewhere', () => {
  expect(filed(three, 0, '', 10, 'new')).toEqual({ starts: [{ after: '', row: 0 }, { after: 'new', row: 10 }], rows: 10, more: true });
});

it('does not file a page of another list', () => {
  expect(filed(three, 1, 'elsewhere', 3, undefined)).toBe(three);
});

it('finds the page of a row, also behind empty ones', () => {
  expect([0, 9, 10, 29, 30, 500].map((row) => pageOf(three, row))).toEqual([0, 0, 1, 2, 3, 3]);
  const empty = filed(filed(unread, 0, '', 0, 'p1'), 1, 'p1', 5, 'p2');
  expect([0, 4, 5].map((row) => pageOf(empty, row))).toEqual([1, 1, 2]);
});

it('knows of which pages the rows between two are', () => {
  const rows = Array.from({ length: 30 }, (_, i) => i);
  const between = (from: number, to: number) => piecesOf(three, from, to).flatMap((p) => rows.slice(['', 'p1', 'p2'].indexOf(p.after) * 10).slice(0, 10).slice(p.from, p.to));
  expect(piecesOf(three, 12, 14)).toEqual([{ after: 'p1', from: 2, to: 5 }]);
  expect(between(8, 21)).toEqual(rows.slice(8, 22));
  expect(between(0, 29)).toEqual(rows);
});

it('begins the box elsewhere when one comes near its end, and nowhere else', () => {
  expect(boxStart(0, 50, 300)).toBe(0);
  expect(boxStart(0, 60_000, 1_000_000)).toBe(0);
  const far = boxStart(0, 95_000, 1_000_000);
  expect(far).toBe(95_000 - boxRows / 2);
  expect(boxStart(far, 95_000, 1_000_000)).toBe(far);
  expect(boxStart(far, far + 1_000, 1_000_000)).toBe(0);
  expect(boxStart(500_000, 999_990, 1_000_000)).toBe(900_000);
  expect(boxStart(900_000, 999_990, 1_000_000)).toBe(900_000);
  expect(boxStart(900_000, 20, 30)).toBe(0);
});
