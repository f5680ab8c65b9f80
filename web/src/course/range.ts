import { apart, type Values } from '../parts/chart';
import type { Schemas } from '../api/client';

// Stretches of time, and what a device has reported in one.

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export const ranges = ['hour', 'day', 'week', 'month'] as const;
export type Range = (typeof ranges)[number];

const lengths: Record<Range, number> = { hour, day, week: 7 * day, month: 30 * day };

// A Stretch is one that ends now, or one between two times.
export interface Stretch {
  length: number;
  from?: number; // epoch milliseconds; left out: it ends now
}

// stretchOf reads what the URL says. What it says wrongly, or not at all, is the last hour.
export function stretchOf(search: { range?: string; from?: string; to?: string }): Stretch {
  if (search.range === 'own') {
    const from = Date.parse(search.from ?? '');
    const to = Date.parse(search.to ?? '');
    if (to > from) {
      return { from, length: to - from };
    }
  }
  return { length: lengths[ranges.find((r) => r === search.range) ?? 'hour'] };
}

const most = 400; // buckets of one chart: about as many as it has room for
const widths = [second, 10 * second, minute, 5 * minute, 30 * minute, 2 * hour, 12 * hour, day, 7 * day, 30 * day];

// widthOf is how wide the buckets of a stretch are.
export function widthOf({ length }: Stretch): number {
  return widths.find((w) => length / w <= most) ?? 366 * day;
}

type Bucket = Schemas['Bucket'];

// fold adds a reading to what was known, and forgets what came before from.
export function fold(was: readonly Bucket[], width: number, from: number, ts: number, value: unknown): readonly Bucket[] {
  if (typeof value !== 'number' || ts < from) {
    return was;
  }
  const at = ts - (ts % width);
  const known = was.filter((b) => b.ts + width > from);
  const i = known.findIndex((b) => b.ts >= at);
  const b = known[i];
  if (b?.ts !== at) {
    return known.toSpliced(i < 0 ? known.length : i, 0, { ts: at, count: 1, min: value, max: value, avg: value, sum: value });
  }
  const count = b.count + 1;
  const sum = (b.sum ?? 0) + value;
  return known.with(i, { ts: at, count, sum, avg: sum / count, min: Math.min(b.min ?? value, value), max: Math.max(b.max ?? value, value) });
}

// fuller lays what is shown of a stretch over an answer: of two buckets of one time the one that counts more knows more.
export function fuller(answer: readonly Bucket[], shown: readonly Bucket[]): readonly Bucket[] {
  const all = new Map(answer.map((b) => [b.ts, b]));
  shown.filter((b) => b.count > (all.get(b.ts)?.count ?? 0)).forEach((b) => all.set(b.ts, b));
  return [...all.values()].sort((a, b) => a.ts - b.ts);
}

type Reading = Schemas['Reading'];

// insert puts a reading in its place among others; there is one at a time.
export function insert(was: readonly Reading[], r: Reading): readonly Reading[] {
  const last = was.at(-1);
  return !last || last.ts < r.ts ? [...was, r] : [...was.filter((o) => o.ts < r.ts), r, ...was.filter((o) => o.ts > r.ts)];
}

// joined lays what is shown of a stretch over an answer, whose readings count for more.
export function joined(answer: readonly Reading[], shown: readonly Reading[]): readonly Reading[] {
  const known = new Set(answer.map((r) => r.ts));
  const first = answer[0]?.ts ?? 0;
  return shown.filter((r) => r.ts > first && !known.has(r.ts)).reduce(insert, answer);
}

export interface Course {
  times: number[];
  values: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
}

// courseOf is what a chart draws of buckets. Where a device was silent for longer than it is as a rule, there is a gap.
export function courseOf(buckets: readonly Bucket[], width: number): Course {
  const numbers = buckets.filter((b) => b.avg !== undefined);
  const silent = Math.max(1.5 * width, 3.5 * apart(numbers.map((b) => b.ts)));
  const course: Course = { times: [], values: [], low: [], high: [] };
  const add = (ts: number, b?: Bucket) => {
    course.times.push(ts);
    course.values.push(b?.avg ?? null);
    course.low.push(b?.min ?? null);
    course.high.push(b?.max ?? null);
  };
  numbers.forEach((b, i) => {
    const last = numbers[i - 1];
    if (last && b.ts - last.ts > silent) {
      add(last.ts + width);
    }
    add(b.ts, b);
  });
  return course;
}

// varies tells whether any bucket has values that differ, so that there is something between low and high.
export function varies(low: Values, high: Values): boolean {
  return low.some((n, i) => n !== high[i]);
}

// A Run is a value that stayed the same, from its first reading to its last.
export interface Run {
  value: unknown;
  first: number;
  last: number;
  count: number;
}

// runs are what values there were one after the other, the newest first.
export function runs(readings: readonly Schemas['Reading'][]): Run[] {
  const all: Run[] = [];
  for (const r of readings) {
    const last = all.at(-1);
    if (last && JSON.stringify(last.value) === JSON.stringify(r.value)) {
      last.last = r.ts;
      last.count++;
    } else {
      all.push({ value: r.value, first: r.ts, last: r.ts, count: 1 });
    }
  }
  return all.reverse();
}
