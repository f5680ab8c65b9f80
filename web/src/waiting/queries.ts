import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, api, type Schemas } from '../api/client';
import { oneOf } from '../app/search';
import { again } from '../live/again';

export type Pending = Schemas['Pending'];

export const states = ['waiting', 'approved', 'rejected'] as const satisfies readonly Pending['state'][];

export interface Search {
  state?: string;
  profile?: string;
  name?: string;
  after?: string;
}

export const pendingQuery = ({ state, profile, name, after }: Search) =>
  queryOptions({
    queryKey: ['pending', 'list', { state, profile, name, after }],
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
    queryFn: () => answer(api.GET('/v1/pending', { params: { query: { state: oneOf(state, ...states), profile, name, after, limit: 100 } } })),
  });

// How many are counted in the navigation; more are so many and more.
export const mostCounted = 99;

export const countQuery = queryOptions({
  queryKey: ['pending', 'count'],
  refetchInterval: 30_000,
  queryFn: async () => (await answer(api.GET('/v1/pending', { params: { query: { state: 'waiting', limit: mostCounted + 1 } } }))).items.length,
});

// renewPending asks again for everything that is shown of requests.
export function renewPending() {
  return again(['pending']);
}
