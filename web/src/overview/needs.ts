import type { LinkProps } from '@tanstack/react-router';
import type { Refusal, Schemas } from '../api/client';
import { moment } from '../parts/chart';
import { sentence, type Said, type Speech } from '../words/said';
import { refused, sum, type ByReason } from './counts';
import { within } from './forecast';
import type { words } from './words';

type Words = (typeof words)['en'];

// A Need is something that somebody should look after, and where.
export interface Need {
  key: string;
  tone: 'bad' | 'care';
  title: Said;
  text: readonly Said[];
  link?: Pick<LinkProps, 'to' | 'params' | 'search'>;
}

// What is known of the server; what has not been answered yet needs nothing.
export interface Known {
  silence?: Silence;
  health?: Schemas['Health'];
  lately?: readonly Schemas['ReasonCount'][];
  waiting?: number; // requests
  mostWaiting?: number; // as far as they are counted
  forecast?: readonly Schemas['ExpiringCredentials'][];
  paused?: readonly Schemas['Campaign'][];
}

// A Silence is a question that was not answered, and when such questions last were; 0: never.
export interface Silence {
  reason: string;
  since: number;
}

// silence is what is not answered any more of what is asked again and again; nothing where everything is.
export function silence(asked: readonly { error: Error | null; dataUpdatedAt: number }[]): Silence | undefined {
  const failed = asked.filter((q) => q.error);
  const error: Partial<Refusal> | null | undefined = failed[0]?.error;
  return error ? { reason: error.problem?.reason ?? String(error), since: Math.min(...failed.map((q) => q.dataUpdatedAt)) } : undefined;
}

const held = ['rate-limited', 'server-busy'];
const lost = ['storage-full', 'storage-unavailable', 'queue-full'];
export const stormMinutes = 10; // what is called lately
const many = 100; // refusals within stormMinutes that are worth a word

// needs are what needs attention, what is broken first.
export function needs(known: Known, w: Words, said: Speech, language: string, now: number): Need[] {
  const number = (n: number) => n.toLocaleString(language);
  const minutes = number(stormMinutes);
  const all: Need[] = [];
  const add = (need: Omit<Need, 'title' | 'text'> & { title: string; text: string | Said }) => {
    all.push({ ...need, title: { text: need.title }, text: [typeof need.text === 'string' ? { text: need.text } : need.text] });
  };
  if (known.silence) {
    const { reason, since } = known.silence;
    add({ key: 'silence', tone: 'bad', title: w.silence, text: since ? w.silenceSince(moment(since, now - since, language), reason) : w.silenceText(reason) });
  }
  all.push(...(known.health?.findings ?? []).filter((f) => !f.ok).map((f) => finding(f, said)));
  const lately = refused(known.lately ?? []);
  const failing = sum(lately.filter((r) => lost.includes(r.reason)));
  const throttled = sum(lately.filter((r) => held.includes(r.reason)));
  const others = lately.filter((r) => !lost.includes(r.reason) && !held.includes(r.reason));
  if (failing > 0) {
    add({ key: 'failing', tone: 'bad', title: w.failing, text: w.failingText(number(failing), minutes), link: { to: '/settings/server' } });
  }
  if (throttled > 0) {
    add({ key: 'throttled', tone: 'care', title: w.throttled, text: w.throttledText(number(throttled), minutes), link: why(lately.find((r) => held.includes(r.reason))) });
  }
  if (sum(others) >= many) {
    add({ key: 'storm', tone: 'care', title: w.storm, text: w.stormText(number(sum(others)), minutes, others[0]?.reason ?? ''), link: why(others[0]) });
  }
  if (known.waiting) {
    const text = known.waiting > (known.mostWaiting ?? Infinity) ? `${known.mostWaiting}+` : number(known.waiting);
    add({ key: 'waiting', tone: 'care', title: w.waiting(text), text: w.waitingText, link: { to: '/waiting' } });
  }
  const soon = [3, 14].map((days) => ({ days, count: within(known.forecast ?? [], days, now) })).find(({ count }) => count > 0);
  if (soon) {
    add({ key: 'ends', tone: soon.days === 3 ? 'bad' : 'care', title: w.endsSoon(number(soon.count), number(soon.days)), text: w.endsSoonText, link: { to: '/certificates/expiry', search: { days: '30' } } });
  }
  const [paused, ...more] = known.paused ?? [];
  if (paused) {
    const link: Need['link'] = more.length > 0 ? { to: '/certificates/campaigns', search: { state: 'paused' } } : { to: '/certificates/campaigns/$id', params: { id: paused.id } };
    add({ key: 'paused', tone: 'care', title: w.paused(number(1 + more.length)), text: paused.detail ? said.free(paused.detail) : w.pausedText, link });
  }
  return all.sort((a, b) => Number(a.tone === 'care') - Number(b.tone === 'care'));
}

// why leads to the attempts that were refused for a reason.
function why(most: ByReason | undefined): Need['link'] {
  return { to: '/why', search: { reason: most?.reason } };
}

// places are where what the server has found is mended; the rest is looked after where the server is shown.
const places: Partial<Record<NonNullable<Schemas['Finding']['code']>, NonNullable<Need['link']>>> = {
  'revocation-list-overdue': { to: '/certificates/others' },
  'revocation-list-failed': { to: '/certificates/others' },
  'ocsp-responder-failed': { to: '/certificates/others' },
  'intermediate-certificate': { to: '/certificates/authority' },
  'root-certificate': { to: '/certificates/authority' },
  'own-revocation-list': { to: '/certificates/authority' },
  'own-revocation-list-missing': { to: '/certificates/authority' },
  'next-root-certificate': { to: '/certificates/authority' },
};

// finding is a need that the server has found itself.
function finding(f: Schemas['Finding'], said: Speech): Need {
  const text = [said.says(f), said.cause(f), said.fix(f)].filter((t) => t !== undefined);
  return {
    key: f.about,
    tone: 'bad',
    title: said.about(f),
    text: text.map((t) => ({ ...t, text: sentence(t.text) })),
    link: (f.code && places[f.code]) ?? { to: '/settings/server' },
  };
}
