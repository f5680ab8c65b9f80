import type { Attempt } from './search';

// Arrivals are attempts that have come since a list was read and that it does not show yet, the newest first.

const most = 200;

export interface Arrivals {
  all: Attempt[];
  count: number; // with those for which there is no room
  gap: boolean; // there may be others: the list has to be read again
}

export const noArrivals: Arrivals = { all: [], count: 0, gap: false };

export function arrive(was: Arrivals, a: Attempt): Arrivals {
  return { ...was, all: [a, ...was.all].slice(0, most), count: was.count + 1 };
}

export function missed(was: Arrivals): Arrivals {
  return { ...was, gap: true };
}

// settle lays arrivals over a page of the list. What the page has already does not come twice.
export function settle(page: Attempt[], all: Attempt[], size: number): Attempt[] {
  const newest = page[0]?.number ?? 0;
  return [...all.filter((a) => a.number > newest), ...page].slice(0, size);
}
