import type { Schemas } from '../api/client';
import { sum } from './counts';

type Expiring = Schemas['ExpiringCredentials'];

const day = 86_400_000;

// daily is how many credentials end on each of so many days, today first. Days are those of the server, in UTC; each stands at
// its noon.
export function daily(forecast: readonly Expiring[], days: number, now: number): { times: number[]; values: number[] } {
  const first = now - (now % day);
  const values = new Array<number>(days).fill(0);
  for (const e of forecast) {
    const i = (Date.parse(e.day) - first) / day;
    if (i >= 0 && i < days) {
      values[i] = (values[i] ?? 0) + e.count;
    }
  }
  return { times: values.map((_, i) => first + (i + 0.5) * day), values };
}

// within is how many credentials end in the next so many days.
export function within(forecast: readonly Expiring[], days: number, now: number): number {
  return sum(forecast.filter((e) => Date.parse(e.day) < now + days * day));
}
