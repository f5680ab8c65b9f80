import type { Schemas } from '../api/client';

// A Second is what the fleet did in one.
export interface Second {
  at: number; // epoch milliseconds
  samples: number;
  sessions: number;
}

export const shown = 10 * 60_000;

export function secondOf(at: string, { samples, sessions }: Schemas['Traffic']): Second {
  return { at: Date.parse(at), samples, sessions };
}

// more adds a second to those before, and forgets those that are not shown any more. Should the server's clock have been put
// back, what was later than it is goes.
export function more(was: readonly Second[], s: Second): readonly Second[] {
  return [...was.filter((w) => w.at >= s.at - shown && w.at < s.at), s];
}

// joined puts what the server has kept together with what is shown: the page may remember what was before the server was
// started, and have heard what came while the answer was on its way.
export function joined(kept: readonly Second[], was: readonly Second[]): readonly Second[] {
  const last = kept.at(-1);
  return last ? [...kept.reduce(more, was), ...was.filter((w) => w.at > last.at)] : was;
}

const most = 3_500; // milliseconds between two seconds that belong together

// course is one figure of these seconds, with a gap where nobody knows it.
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
