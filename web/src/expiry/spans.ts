import type { Schemas } from '../api/client';

export type Ending = Schemas['ExpiringCredentials'];

export const day = 86_400_000;

// A Span is some days of the forecast, and what ends on them.
export interface Span {
  from: string; // its first day, in UTC
  until: string; // the day behind it
  all: Ending[];
  count: number;
}

export function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

// spans parts so many days, today first, into days, or into weeks where there are many.
export function spans(all: Ending[], days: number, now: number): Span[] {
  const length = days > 120 ? 7 : 1;
  const today = Math.floor(now / day) * day;
  const parts: Span[] = Array.from({ length: Math.ceil(days / length) }, (_, i) => ({
    from: dateOf(today + i * length * day),
    until: dateOf(today + (i + 1) * length * day),
    all: [],
    count: 0,
  }));
  for (const e of all) {
    const part = parts[Math.floor((Date.parse(e.day) - today) / day / length)];
    part?.all.push(e);
    if (part) {
      part.count += e.count;
    }
  }
  return parts;
}

// A Sort is credentials that belong together: of one profile, of one kind, by one authority.
export interface Sort {
  profile: string;
  kind: Ending['kind'];
  authority: string | undefined;
  within: Record<number, number>; // how many end within so many days
  count: number;
}

// sorts adds up what ends by what belongs together, those of which most end first.
export function sorts(all: Ending[], days: readonly number[], now: number): Sort[] {
  const found = new Map<string, Sort>();
  const today = Math.floor(now / day) * day;
  for (const { profile, kind, authority, count, day: on } of all) {
    const key = JSON.stringify([profile, kind, authority]);
    const sort = found.get(key) ?? { profile, kind, authority, within: Object.fromEntries(days.map((d) => [d, 0])), count: 0 };
    found.set(key, sort);
    sort.count += count;
    for (const d of days) {
      if (Date.parse(on) < today + d * day) {
        sort.within[d] = (sort.within[d] ?? 0) + count;
      }
    }
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}
