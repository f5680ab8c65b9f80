import type { Schemas } from '../api/client';

type Count = Schemas['ReasonCount'];

// A ByReason is a reason and how often something was refused for it, whatever it was.
export interface ByReason {
  reason: string;
  title: string;
  count: number;
}

// provisioned is how many devices have let themselves in.
export function provisioned(counts: readonly Count[]): number {
  return sum(counts.filter((c) => c.reason === '' && c.action === 'provision'));
}

// refused adds up refusals by reason, the most frequent first. That a session was ended is no refusal, and neither is to wait.
export function refused(counts: readonly Count[]): ByReason[] {
  const all = new Map<string, ByReason>();
  for (const c of counts) {
    if (c.reason !== '' && c.action !== 'disconnect' && c.reason !== 'provision-pending') {
      const known = all.get(c.reason) ?? { reason: c.reason, title: c.title ?? '', count: 0 };
      all.set(c.reason, { ...known, count: known.count + c.count });
    }
  }
  return [...all.values()].sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}

export function sum(all: readonly { count: number }[]): number {
  return all.reduce((n, c) => n + c.count, 0);
}
