import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, api, versioned, type Schemas } from '../api/client';
import { placeOf } from '../app/search';
import { again } from '../live/again';
import { withNews } from '../live/withNews';
import { merge, type Latest } from './values';

// What is known of one device. Everything about devices has a key that begins alike, so that a change renews all of it.

const one = (name: string) => ({ params: { path: { name } } });

export const deviceQuery = (name: string) =>
  queryOptions({ queryKey: ['devices', 'one', name], refetchInterval: 15_000, queryFn: () => versioned(api.GET('/v1/devices/{name}', one(name))) });

export type WholeDevice = Schemas['DeviceView'] & { version: string };

export const latestQuery = (name: string) =>
  queryOptions({
    queryKey: ['devices', 'latest', name],
    queryFn: (question): Promise<Latest> => withNews(question, () => answer(api.GET('/v1/devices/{name}/latest', one(name))), merge),
  });

export const attributesQuery = (name: string) =>
  queryOptions({ queryKey: ['devices', 'attributes', name], refetchInterval: 15_000, queryFn: () => answer(api.GET('/v1/devices/{name}/attributes', one(name))) });

export const sessionsQuery = (name: string) =>
  queryOptions({
    queryKey: ['devices', 'sessions', name],
    queryFn: async () => {
      const page = await answer(api.GET('/v1/sessions', { params: { query: { search: name, limit: 1000 } } }));
      return page.items.filter((s) => s.device === name);
    },
  });

// Attempts and changes come in pages of so many, the newest first.
const page = 50;

export const deviceAttemptsQuery = (name: string, after?: string) =>
  queryOptions({
    queryKey: ['devices', 'attempts', name, after],
    placeholderData: keepPreviousData,
    queryFn: () => answer(api.GET('/v1/attempts', { params: { query: { device: name, after: placeOf(after), limit: page } } })),
  });

export const deviceAuditQuery = (name: string, after?: string) =>
  queryOptions({
    queryKey: ['devices', 'audit', name, after],
    placeholderData: keepPreviousData,
    queryFn: () => answer(api.GET('/v1/audit', { params: { query: { name, after: placeOf(after), limit: page } } })),
  });

export const traceQuery = (name: string) =>
  queryOptions({
    queryKey: ['devices', 'trace', name],
    refetchInterval: (q) => (q.state.data?.on ? 1_000 : false),
    queryFn: () => answer(api.GET('/v1/devices/{name}/trace', one(name))),
  });

// renewDevices asks again for everything that is shown of devices.
export function renewDevices() {
  return again(['devices']);
}
