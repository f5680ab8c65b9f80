import type { Schemas } from '../api/client';
import { merge, readingsOf, type Latest } from '../devices/values';
import type { LiveEvent } from '../live/follow';

type Attempt = Schemas['Attempt'];
type Sample = Schemas['Sample'];

// Sought is whom the page listens for.
export interface Sought {
  name: string;
  remote: string | undefined; // from where the page is looked at; what comes from there is likely to be meant
  key?: string; // the provision key that a new device brings
}

// Heard is what has come of a device since the page listens: how it is now, and who else was refused meanwhile.
export interface Heard {
  now: { is: 'silent' } | { is: 'in' } | { is: 'reported'; sample: Sample } | { is: 'refused'; attempt: Attempt };
  strangers: Attempt[]; // refused, and nobody knows who they are: the newest first
  last: number; // when the latest of it was, by the server's clock
  since: number; // what is not later is no news
  known?: { name: string; latest: Latest }; // what a device had reported last
}

export const nothing: Heard = { now: { is: 'silent' }, strangers: [], last: 0, since: 0 };

// anew forgets what was heard, and what is told of it later: the journal is up to a second late.
export function anew(was: Heard): Heard {
  return { ...nothing, last: was.last, since: was.last, known: was.known };
}

const mostStrangers = 3;

// hear takes in what has happened.
export function hear(was: Heard, e: LiveEvent, sought: Sought): Heard {
  const at = Date.parse(e.attempt?.at ?? e.at);
  if (at <= was.since) {
    return was;
  }
  const now = take(was, e, sought);
  return now === was ? was : { ...now, last: Math.max(at, was.last) };
}

// sampleOf shows readings as if they had come together.
export function sampleOf(device: string, readings: Latest): Sample {
  const all = Object.entries(readings);
  return { device, deviceId: '', ts: Math.max(...all.map(([, r]) => r.ts)), values: Object.fromEntries(all.map(([key, r]) => [key, r.value])) };
}

// compare finds out whether a device has reported while nothing could be heard.
export function compare(was: Heard, latest: Latest, name: string): Heard {
  const before = was.known?.name === name ? was.known.latest : latest;
  const now = { ...was, known: { name, latest } };
  const fresh = Object.entries(latest).filter(([key, r]) => JSON.stringify(r) !== JSON.stringify(before[key]));
  if (fresh.length === 0) {
    return now;
  }
  return { ...now, now: { is: 'reported', sample: sampleOf(name, Object.fromEntries(fresh)) } };
}

function take(was: Heard, e: LiveEvent, sought: Sought): Heard {
  if (e.telemetry?.device === sought.name) {
    const { known } = was;
    return {
      ...was,
      now: { is: 'reported', sample: e.telemetry },
      known: known?.name === sought.name ? { ...known, latest: merge(known.latest, readingsOf(e.telemetry)) } : known,
    };
  }
  if (e.event === 'connected' && e.session?.device === sought.name) {
    return was.now.is === 'reported' ? was : { ...was, now: { is: 'in' } };
  }
  const attempt = e.attempt;
  if (!attempt || attempt.action === 'disconnect') {
    return was;
  }
  const meant = isMeant(attempt, sought);
  if (attempt.reason) {
    const stranger = !attempt.device && !attempt.name;
    // Who was not let in, and reports all the same with the token that it brought, is refused once more: the first reason is the one.
    const known = sought.key !== undefined && was.now.is === 'refused' && isMeant(was.now.attempt, sought);
    if (meant || (stranger && attempt.remote === sought.remote && !known)) {
      return { ...was, now: { is: 'refused', attempt } };
    }
    return attempt.device ? was : { ...was, strangers: [attempt, ...was.strangers.filter((s) => s.number !== attempt.number)].slice(0, mostStrangers) };
  }
  // The journal tells of what went well up to a second late: a value that has arrived meanwhile says more.
  return meant && was.now.is !== 'reported' ? { ...was, now: { is: 'in' } } : was;
}

function isMeant(a: Attempt, sought: Sought): boolean {
  return a.name === sought.name || (sought.key !== undefined && a.key === sought.key);
}
