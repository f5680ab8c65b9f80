import type { LiveEvent } from '../live/follow';

// A Second is what the fleet did in one.
export interface Second {
  at: number; // epoch milliseconds
  samples: number;
  sessions: number;
}

export const shown = 10 * 60_000;

// more adds a second to those before, and forgets those that are not shown any more.
export function more(was: readonly Second[], e: LiveEvent): readonly Second[] {
  if (!e.traffic) {
    return was;
  }
  const at = Date.parse(e.at);
  const { samples, sessions } = e.traffic;
  return [...was.filter((s) => s.at >= at - shown && s.at < at), { at, samples, sessions }];
}

const most = 3_500; // milliseconds between two seconds that belong together

// course is one figure of these seconds, with a gap where the page was not told.
export function course(seconds: readonly Second[], figure: 'samples' | 'sessions'): { times: number[]; values: (number | null)[] } {
  const times: number[] = [];
  const values: (number | null)[] = [];
  for (const s of seconds) {
    const last = times.at(-1);
    if (last !== undefined && s.at - last > most) {
      times.push(last + 1);
      values.push(null);
    }
    times.push(s.at);
    values.push(s[figure]);
  }
  return { times, values };
}
