import { oneOf, placeOf, texts } from '../app/search';
import type { Schemas } from '../api/client';
import type { Wish } from '../live/follow';

export type Attempt = Schemas['Attempt'];

// What the list of attempts shows, as it stands in its URL.

export const readSearch = texts('who', 'reason', 'remote', 'profile', 'name', 'outcome', 'action', 'transport', 'after');
export type Search = ReturnType<typeof readSearch>;

export const crowds = ['all', 'known', 'strangers'] as const;
export const actions = ['provision', 'connect', 'message', 'disconnect', 'rotate'] as const satisfies readonly Attempt['action'][];
export const transports = ['mqtt', 'http', 'coap'] as const satisfies readonly Attempt['transport'][];

// outcomeOf returns which outcome is shown: why, where nothing else is said.
function outcomeOf({ outcome }: Search): 'refused' | 'admitted' | undefined {
  const said = oneOf(outcome, 'refused', 'admitted', 'any');
  return said === 'any' ? undefined : said;
}

// queryOf returns what the server is asked for.
export function queryOf(s: Search) {
  const stranger = { all: undefined, known: 'false', strangers: 'true' } as const;
  return {
    device: s.name,
    profile: s.profile,
    reason: s.reason,
    remote: s.remote,
    action: s.action ? oneOf(s.action, ...actions) : undefined,
    transport: s.transport ? oneOf(s.transport, ...transports) : undefined,
    outcome: outcomeOf(s),
    stranger: stranger[oneOf(s.who, ...crowds)],
    after: placeOf(s.after),
  };
}

// wishOf returns which events are heard. Of what they tell, the list may want less: see isWanted.
export function wishOf({ name, reason, remote }: Search): Wish {
  return { kind: ['attempts'], device: name, reason, remote };
}

// isWanted tells whether an attempt that was heard of is one that the list shows.
export function isWanted(s: Search, a: Attempt): boolean {
  const { profile, action, transport, outcome, stranger } = queryOf(s);
  return (
    (!profile || a.profile === profile) &&
    (!action || a.action === action) &&
    (!transport || a.transport === transport) &&
    (!outcome || (outcome === 'refused') === Boolean(a.reason)) &&
    (!stranger || (stranger === 'true') === (!a.device && !a.profile))
  );
}

// isNarrowed tells whether less is shown than there might be.
export function isNarrowed({ after, ...conditions }: Search): boolean {
  return after !== undefined || Object.values(conditions).some(Boolean);
}

// isRemote tells whether a text is an address or a network, as far as that can be seen.
export function isRemote(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const four = /^(\d{1,3}\.){3}\d{1,3}$/.test(address) && address.split('.').every((n) => Number(n) < 256);
  const six = /^[\da-f:]*:[\da-f:.]*$/i.test(address) && address.length > 1;
  return rest.length === 0 && (four || six) && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (four ? 32 : 128)));
}

// transportName writes a transport as people do.
export function transportName(transport: string): string {
  return transport === 'coap' ? 'CoAP' : transport.toUpperCase();
}
