import type { LinkProps } from '@tanstack/react-router';
import type { Schemas } from '../api/client';
import { refused, sum, type ByReason } from './counts';
import { within } from './forecast';
import type { words } from './words';

type Words = (typeof words)['en'];

// A Need is something that somebody should look after, and where.
export interface Need {
  key: string;
  tone: 'bad' | 'care';
  title: string;
  text: string;
  link?: Pick<LinkProps, 'to' | 'params' | 'search'>;
}

// What is known of the server; what has not been answered yet needs nothing.
export interface Known {
  health?: Schemas['Health'];
  lately?: readonly Schemas['ReasonCount'][];
  waiting?: number; // requests
  mostWaiting?: number; // as far as they are counted
  forecast?: readonly Schemas['ExpiringCredentials'][];
  paused?: readonly Schemas['Campaign'][];
}

const held = ['rate-limited', 'server-busy'];
const lost = ['storage-full', 'storage-unavailable', 'queue-full'];
export const stormMinutes = 10; // what is called lately
const many = 100; // refusals within stormMinutes that are worth a word

// needs are what needs attention, what is broken first.
export function needs(known: Known, w: Words, language: string, now: number): Need[] {
  const number = (n: number) => n.toLocaleString(language);
  const minutes = number(stormMinutes);
  const all = (known.health?.findings ?? []).filter((f) => !f.ok).map((f) => finding(f, w));
  const lately = refused(known.lately ?? []);
  const failing = sum(lately.filter((r) => lost.includes(r.reason)));
  const throttled = sum(lately.filter((r) => held.includes(r.reason)));
  const others = lately.filter((r) => !lost.includes(r.reason) && !held.includes(r.reason));
  if (failing > 0) {
    all.push({ key: 'failing', tone: 'bad', title: w.failing, text: w.failingText(number(failing), minutes), link: { to: '/settings/server' } });
  }
  if (throttled > 0) {
    all.push({ key: 'throttled', tone: 'care', title: w.throttled, text: w.throttledText(number(throttled), minutes), link: why(lately.find((r) => held.includes(r.reason))) });
  }
  if (sum(others) >= many) {
    all.push({ key: 'storm', tone: 'care', title: w.storm, text: w.stormText(number(sum(others)), minutes, others[0]?.reason ?? ''), link: why(others[0]) });
  }
  if (known.waiting) {
    const text = known.waiting > (known.mostWaiting ?? Infinity) ? `${known.mostWaiting}+` : number(known.waiting);
    all.push({ key: 'waiting', tone: 'care', title: w.waiting(text), text: w.waitingText, link: { to: '/waiting' } });
  }
  const soon = [3, 14].map((days) => ({ days, count: within(known.forecast ?? [], days, now) })).find(({ count }) => count > 0);
  if (soon) {
    all.push({ key: 'ends', tone: soon.days === 3 ? 'bad' : 'care', title: w.endsSoon(number(soon.count), number(soon.days)), text: w.endsSoonText, link: { to: '/certificates/expiry', search: { days: '30' } } });
  }
  const [paused, ...more] = known.paused ?? [];
  if (paused) {
    const link: Need['link'] = more.length > 0 ? { to: '/certificates/campaigns', search: { state: 'paused' } } : { to: '/certificates/campaigns/$id', params: { id: paused.id } };
    all.push({ key: 'paused', tone: 'care', title: w.paused(number(1 + more.length)), text: paused.detail || w.pausedText, link });
  }
  return all.sort((a, b) => Number(a.tone === 'care') - Number(b.tone === 'care'));
}

// why leads to the attempts that were refused for a reason.
function why(most: ByReason | undefined): Need['link'] {
  return { to: '/why', search: { reason: most?.reason } };
}

const list = 'revocation list ';
const responder = 'OCSP responder ';
const authority = ['root certificate', 'intermediate certificate'];

// finding is a need that the server has found itself. What it says about it is in its own words.
function finding(f: Schemas['Finding'], w: Words): Need {
  const text = [f.says, f.fix].filter(Boolean).map((s) => sentence(s ?? '')).join(' ');
  return { key: f.about, tone: 'bad', text, ...titled(f.about, w) };
}

// titled says what a finding is about, and where that is mended.
function titled(about: string, w: Words): Pick<Need, 'title' | 'link'> {
  if (about.startsWith(list)) {
    return { title: w.aboutList(about.slice(list.length)), link: { to: '/certificates/others' } };
  }
  if (about.startsWith(responder)) {
    return { title: w.aboutResponder(about.slice(responder.length)), link: { to: '/certificates/others' } };
  }
  const known = `about${about}`;
  return { title: known in w ? String(w[known as keyof Words]) : about, link: { to: authority.includes(about) ? '/certificates/authority' : '/settings/server' } };
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
