import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, api, queries, type Schemas } from '../api/client';
import { again } from '../live/again';
import { withNews } from '../live/withNews';
import { fold, fuller, insert, joined, widthOf, type Stretch } from './range';

const all = (device: string) => ['course', device];
const fromOf = (s: Stretch) => s.from ?? Date.now() - s.length;
const within = (s: Stretch) => ({ from: String(Math.floor(fromOf(s))), ...(s.from === undefined ? {} : { to: String(Math.ceil(s.from + s.length)) }) });

export const bucketsQuery = (device: string, key: string, s: Stretch) =>
  queryOptions({
    queryKey: [...all(device), 'buckets', key, s],
    placeholderData: keepPreviousData,
    queryFn: (question): Promise<readonly Schemas['Bucket'][]> =>
      withNews(
        question,
        async () => (await answer(api.GET('/v1/devices/{name}/buckets', { params: { path: { name: device }, query: { key, width: `${widthOf(s)}ms`, ...within(s) } } }))).items,
        fuller,
      ),
  });

export const mostReadings = 10_000;

export const readingsQuery = (device: string, key: string, s: Stretch) =>
  queryOptions({
    queryKey: [...all(device), 'readings', key, s],
    placeholderData: keepPreviousData,
    queryFn: (question): Promise<readonly Schemas['Reading'][]> =>
      withNews(
        question,
        async () => (await answer(api.GET('/v1/devices/{name}/history', { params: { path: { name: device }, query: { key, limit: mostReadings, ...within(s) } } }))).items,
        joined,
      ),
  });

// tell adds readings that a device has just sent to everything that is shown of it and ends now.
export function tell(device: string, { ts, values }: Schemas['Sample']) {
  for (const query of queries.getQueryCache().findAll({ queryKey: all(device) })) {
    const [, , what, key, s] = query.queryKey as [string, string, 'buckets' | 'readings', string, Stretch];
    if (!(key in values) || s.from !== undefined) {
      continue;
    }
    if (query.state.data === undefined) {
      void again(query.queryKey);
      continue;
    }
    const value = values[key];
    if (what === 'buckets') {
      queries.setQueryData<readonly Schemas['Bucket'][]>(query.queryKey, (was) => was && fold(was, widthOf(s), fromOf(s), ts, value));
    } else {
      queries.setQueryData<readonly Schemas['Reading'][]>(query.queryKey, (was) => was && insert(was.filter((r) => r.ts >= fromOf(s)), { ts, value }));
    }
  }
}

// tellAgain asks for what may have been missed.
export function tellAgain(device: string) {
  return again(all(device));
}
