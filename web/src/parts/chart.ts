// What a chart says besides its picture, and where it has gaps.

export type Values = readonly (number | null)[];

// figure writes a number as short as it can be read, and a counter whole.
export function figure(n: number | null | undefined, language: string): string {
  if (n === null || n === undefined) {
    return '–';
  }
  return n.toLocaleString(language, Math.abs(n) >= 1000 ? { maximumFractionDigits: 1 } : { maximumSignificantDigits: 5 });
}

const minute = 60_000;
export const day = 24 * 60 * minute;

const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const date = { day: 'numeric', month: 'short' } as const;

// moment writes a time as exactly as it counts in a stretch of time that is so long.
export function moment(at: number, length: number, language: string): string {
  const when = new Date(at);
  if (length <= 120 * minute) {
    return when.toLocaleTimeString(language, { ...clock, second: '2-digit' });
  }
  if (length <= 10 * day) {
    return when.toLocaleString(language, { weekday: 'short', ...clock });
  }
  return when.toLocaleString(language, length <= 62 * day ? { ...date, ...clock } : { ...date, year: 'numeric' });
}

// tick writes a time under a chart whose ticks are so far apart.
export function tick(at: number, apart: number, language: string): string {
  const when = new Date(at);
  if (apart < minute) {
    return when.toLocaleTimeString(language, { ...clock, second: '2-digit' });
  }
  const midnight = when.getHours() === 0 && when.getMinutes() === 0;
  if (apart < day && !midnight) {
    return when.toLocaleTimeString(language, clock);
  }
  return when.toLocaleDateString(language, apart < 28 * day ? date : { month: 'short', year: 'numeric' });
}

// outline is what somebody hears of values who does not see them.
export function outline(values: Values): { lowest: number; highest: number; latest: number } | undefined {
  const known = values.filter((v) => v !== null);
  const latest = known.at(-1);
  if (latest === undefined) {
    return undefined;
  }
  return { lowest: known.reduce((a, b) => Math.min(a, b)), highest: known.reduce((a, b) => Math.max(a, b)), latest };
}

// sampled are at most so many indices of values that are there, evenly, the last one among them.
export function sampled(values: Values, most: number): number[] {
  const known = values.flatMap((v, i) => (v === null ? [] : [i]));
  const step = Math.max(1, Math.ceil(known.length / most));
  return known.filter((_, i) => (known.length - 1 - i) % step === 0);
}

// apart is how far times are from each other as a rule: the middle one of all distances.
export function apart(times: readonly number[]): number {
  const distances = times
    .slice(1)
    .map((t, i) => t - (times[i] ?? t))
    .sort((a, b) => a - b);
  return distances[distances.length >> 1] ?? 0;
}
