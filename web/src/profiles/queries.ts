import { queryOptions, useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';

// allProfiles are those that there are, as far as a choice can show them.
export const allProfiles = queryOptions({
  queryKey: ['profiles', 'all'],
  queryFn: () => answer(api.GET('/v1/profiles', { params: { query: { limit: 1000 } } })),
});

export function useProfileNames(): string[] {
  const { data } = useQuery(allProfiles);
  return (data?.items ?? []).map((p) => p.name);
}
