import { queryOptions } from '@tanstack/react-query';
import { answer, api, queries } from '../api/client';

// What is known of one device. Everything about devices has a key that begins alike, so that a change renews all of it.

const one = (name: string) => ({ params: { path: { name } } });

export const deviceQuery = (name: string) =>
  queryOptions({ queryKey: ['devices', 'one', name], refetchInterval: 15_000, queryFn: () => answer(api.GET('/v1/devices/{name}', one(name))) });

export const latestQuery = (name: string) =>
  queryOptions({ queryKey: ['devices', 'latest', name], queryFn: () => answer(api.GET('/v1/devices/{name}/latest', one(name))) });

export const attributesQuery = (name: string) =>
  queryOptions({ queryKey: ['devices', 'attributes', name], queryFn: () => answer(api.GET('/v1/devices/{name}/attributes', one(name))) });

export const sessionsQuery = (name: string) =>
  queryOptions({
    queryKey: ['devices', 'sessions', name],
    queryFn: async () => {
      const page = await answer(api.GET('/v1/sessions', { params: { query: { search: name, limit: 1000 } } }));
      return page.items.filter((s) => s.device === name);
    },
  });

export const deviceAttemptsQuery = (name: string) =>
  queryOptions({ queryKey: ['devices', 'attempts', name], queryFn: () => answer(api.GET('/v1/attempts', { params: { query: { device: name, limit: 50 } } })) });

// renewDevices asks again for everything that is shown of devices.
export function renewDevices() {
  return queries.invalidateQueries({ queryKey: ['devices'] });
}
