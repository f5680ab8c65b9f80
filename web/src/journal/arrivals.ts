import type { Attempt } from './search';

// Arrivals are attempts that have come since a list was read and that it does not show yet, the newest first.

const most = 200;

export interface Arrivals {
  all: Attempt[];
  count: number; // with those for which there is no room
}

export const noArrivals: Arrivals = { all: [], count: 0 };

export function arrive({ all, count }: Arrivals, a: Attempt): Arrivals {
  return { all: [a, ...all].slice(0, most), count: count + 1 };
}

// settle lays arrivals over a page of the list. What the page has already does not come twice.
export function settle(page: Attempt[], { all }: Arrivals, size: number): Attempt[] {
  const newest = page[0]?.number ?? 0;
  return [...all.filter((a) => a.number > newest), ...page].slice(0, size);
}
