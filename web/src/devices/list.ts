import { answer, api, type Schemas } from '../api/client';
import { oneOf, texts } from '../app/search';

export type Device = Schemas['Device'];

export const states = ['listed', 'active', 'suspended'] as const;
export const kinds = ['ACCESS_TOKEN', 'MQTT_BASIC', 'X509_CERTIFICATE', 'PUBLIC_KEY'] as const;
export const orders = ['name', '-name', 'created', '-created', 'provisioned', '-provisioned'] as const;
export const soon = ['3', '14', '30', '90'] as const; // days in which a credential ends

// What a list of devices may be narrowed by. Those that are rarely wanted are shown when they are.
export const often = ['search', 'profile', 'state', 'connected'] as const;
export const rare = ['prefix', 'label', 'tag', 'provisionKey', 'credential', 'expires'] as const;

export const readSearch = texts(...often, ...rare, 'sort', 'columns');
export type Search = ReturnType<typeof readSearch>;

const hour = 3_600_000;

// queryOf says in the words of the API what a list shows.
export function queryOf(s: Search, now: number) {
  const ends = s.expires && oneOf(s.expires, ...soon);
  return {
    search: s.search,
    prefix: s.prefix,
    label: s.label,
    tag: s.tag,
    profile: s.profile,
    provisionKey: s.provisionKey,
    state: s.state ? oneOf(s.state, ...states) : undefined,
    connected: s.connected ? oneOf(s.connected, 'true', 'false') : undefined,
    credential: s.credential ? oneOf(s.credential, ...kinds) : undefined,
    expiresBefore: ends ? new Date((Math.floor(now / hour) + 24 * Number(ends)) * hour).toISOString() : undefined,
    sort: oneOf(s.sort, ...orders),
  };
}

export function page(s: Search, after: string, limit: number): Promise<Schemas['DeviceList']> {
  return answer(api.GET('/v1/devices', { params: { query: { ...queryOf(s, Date.now()), after: after || undefined, limit } } }));
}

export const mostAtOnce = 10_000;

// allThatMatch returns every device that a list shows, or the first so many of them.
export async function allThatMatch(s: Search): Promise<Device[]> {
  const all: Device[] = [];
  let after: string | undefined = '';
  while (after !== undefined && all.length < mostAtOnce) {
    const got: Schemas['DeviceList'] = await page(s, after, 1000);
    all.push(...got.items);
    after = got.next;
  }
  return all.slice(0, mostAtOnce);
}
