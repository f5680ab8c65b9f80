import { queryOptions } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { stormMinutes } from './needs';
import { joined, secondOf, shown, type Second } from './traffic';

// midnight is when the day began that somebody who looks at the page calls today.
export function midnight(): number {
  return new Date().setHours(0, 0, 0, 0);
}

export const serverQuery = queryOptions({ queryKey: ['overview', 'server'], queryFn: () => answer(api.GET('/v1/server')) });

// trafficQuery is what is kept of the last minutes, as it is to be gone on with by events. It is there for whoever comes back to the page soon.
export const trafficQuery = queryOptions({
  queryKey: ['overview', 'traffic'],
  gcTime: shown,
  queryFn: async ({ client, queryKey }): Promise<readonly Second[]> => {
    const { items } = await answer(api.GET('/v1/traffic'));
    return joined(items.map((s) => secondOf(s.at, s)), client.getQueryData(queryKey) ?? []);
  },
});

export const healthQuery = queryOptions({ queryKey: ['overview', 'health'], refetchInterval: 30_000, queryFn: () => answer(api.GET('/v1/server/health')) });

// countsSince tells how attempts have ended since then, as somebody who asks every few seconds sees it.
export const countsSince = (name: string, since: () => number) =>
  queryOptions({
    queryKey: ['overview', 'counts', name],
    refetchInterval: 5_000,
    queryFn: () => answer(api.GET('/v1/attempts/reasons', { params: { query: { from: new Date(since()).toISOString() } } })),
  });

export const todayQuery = countsSince('today', midnight);

export const latelyQuery = countsSince('lately', () => Date.now() - stormMinutes * 60_000);

export const forecastDays = 90;
export const forecastQuery = queryOptions({
  queryKey: ['overview', 'forecast'],
  refetchInterval: 300_000,
  queryFn: () => answer(api.GET('/v1/credentials/forecast', { params: { query: { days: forecastDays } } })),
});

export const pausedQuery = queryOptions({
  queryKey: ['overview', 'paused'],
  refetchInterval: 60_000,
  queryFn: () => answer(api.GET('/v1/campaigns', { params: { query: { state: 'paused' } } })),
});

// anyDeviceQuery tells whether there is a device at all, and asks again while there is none.
export const anyDeviceQuery = queryOptions({
  queryKey: ['devices', 'any'],
  refetchInterval: (query) => (query.state.data === false ? 3_000 : false),
  queryFn: async () => (await answer(api.GET('/v1/devices', { params: { query: { limit: 1 } } }))).items.length > 0,
});
