// A long list comes in pages, and a place in it is no number of rows: a page says only where the next one begins. Long is what
// is known of such a list: where its pages begin, as far as anybody has gone.
export interface Long {
  readonly starts: readonly Start[];
  readonly rows: number; // of the pages that have come
  readonly more: boolean; // the last start is of a page that has not
}

interface Start {
  readonly after: string; // what the page comes after; empty: it is the first
  readonly row: number; // the number of its first row
}

export const unread: Long = { starts: [{ after: '', row: 0 }], rows: 0, more: true };

// filed is the list once a page has come. Where rows have come or gone since it came before, the pages behind it move; where the
// next one does not begin any more where it began, those are forgotten.
export function filed(list: Long, page: number, after: string, count: number, next: string | undefined): Long {
  const start = list.starts[page];
  if (start?.after !== after) {
    return list;
  }
  const end = start.row + count;
  const following = list.starts[page + 1];
  if (following && following.after === next) {
    const moved = end - following.row;
    if (moved === 0) {
      return list;
    }
    return { ...list, starts: list.starts.map((s, i) => (i > page ? { ...s, row: s.row + moved } : s)), rows: list.rows + moved };
  }
  if (!following && !next && !list.more && list.rows === end) {
    return list;
  }
  const starts = list.starts.slice(0, page + 1);
  return { starts: next ? [...starts, { after: next, row: end }] : starts, rows: end, more: Boolean(next) };
}

// pageOf returns the number of the page that a row is in; rows that nobody has seen yet are in the last one.
export function pageOf(list: Long, row: number): number {
  let low = 0;
  let high = list.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((list.starts[middle]?.row ?? 0) <= row) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

// A Piece is rows of one page, the last one not included.
interface Piece {
  readonly after: string;
  readonly from: number;
  readonly to: number;
}

// piecesOf returns where the rows from one to another are, both included.
export function piecesOf(list: Long, from: number, to: number): Piece[] {
  return list.starts.slice(pageOf(list, from), pageOf(list, to) + 1).map((s) => ({ after: s.after, from: Math.max(0, from - s.row), to: to + 1 - s.row }));
}

// No browser draws a box of forty million points. So the box that is scrolled holds so many rows at most, and begins at another row when
// one comes near its end.
export const boxRows = 100_000;

// boxStart returns the row that the box begins at, when it began at one and this one is at the top of what is seen.
export function boxStart(start: number, top: number, rows: number): number {
  const last = Math.max(0, rows - boxRows);
  const near = boxRows / 10;
  const inside = (start === 0 || top >= start + near) && (start >= last || top < start + boxRows - near);
  return inside ? Math.min(start, last) : Math.min(Math.max(0, top - boxRows / 2), last);
}
