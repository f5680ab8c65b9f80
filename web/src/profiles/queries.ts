import { queryOptions, useQuery } from '@tanstack/react-query';
import { answer, api, queries, versioned } from '../api/client';

// allProfiles are those that there are, as far as a choice can show them.
export const allProfiles = queryOptions({
  queryKey: ['profiles', 'all'],
  queryFn: () => answer(api.GET('/v1/profiles', { params: { query: { limit: 1000 } } })),
});

export function useProfileNames(): string[] {
  const { data } = useQuery(allProfiles);
  return (data?.items ?? []).map((p) => p.name);
}

export const profileQuery = (name: string) =>
  queryOptions({ queryKey: ['profiles', 'one', name], queryFn: () => versioned(api.GET('/v1/profiles/{name}', { params: { path: { name } } })) });

export const keysQuery = (profile: string) =>
  queryOptions({
    queryKey: ['profiles', 'keys', profile],
    refetchInterval: 10_000,
    queryFn: () => answer(api.GET('/v1/provision-keys', { params: { query: { profile, limit: 1000, sort: '-created' } } })),
  });

export const keyQuery = (key: string) =>
  queryOptions({ queryKey: ['profiles', 'key', key], queryFn: () => versioned(api.GET('/v1/provision-keys/{key}', { params: { path: { key } } })) });

// renewProfiles asks again for everything that is shown of profiles and their keys.
export function renewProfiles() {
  return queries.invalidateQueries({ queryKey: ['profiles'] });
}
