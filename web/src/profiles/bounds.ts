import type { Schemas } from '../api/client';
import { instant, lines, local } from '../parts/typed';

type Key = Schemas['ProvisionKey'];

// Bounds say when, from where, for which names and how often a key opens, as they are typed.
export const emptyBounds = { from: '', until: '', most: '', rate: '', networks: '', pattern: '' };

export type Bounds = typeof emptyBounds;

// boundsOf returns those of a key.
export function boundsOf(k: Key): Bounds {
  return {
    from: local(k.notBefore),
    until: local(k.expiresAt),
    most: k.maxDevices ? String(k.maxDevices) : '',
    rate: k.rate ? String(k.rate) : '',
    networks: (k.networks ?? []).join('\n'),
    pattern: k.namePattern ?? '',
  };
}

// bodyOfBounds returns what of them a new key is made with.
export function bodyOfBounds(b: Bounds) {
  return {
    notBefore: instant(b.from),
    expiresAt: instant(b.until),
    maxDevices: Number(b.most) || undefined,
    rate: Number(b.rate) || undefined,
    networks: lines(b.networks),
    namePattern: b.pattern || undefined,
  };
}

// changeOfBounds returns what a key is changed to: what is empty is taken away. A time that was left alone stays as it was, to the
// second, which the field for it does not show.
export function changeOfBounds(b: Bounds, was: Key) {
  const time = (typed: string, at: string | undefined) => (typed === local(at) ? at : instant(typed)) ?? '';
  return {
    notBefore: time(b.from, was.notBefore),
    expiresAt: time(b.until, was.expiresAt),
    maxDevices: Number(b.most),
    rate: Number(b.rate),
    networks: lines(b.networks),
    namePattern: b.pattern,
  };
}
