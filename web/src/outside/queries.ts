import { queryOptions } from '@tanstack/react-query';
import { answer, api, queries, type Schemas } from '../api/client';

export type RevocationList = Schemas['RevocationList'];

export const listsQuery = queryOptions({
  queryKey: ['revocation-lists'],
  refetchInterval: 15_000,
  queryFn: () => answer(api.GET('/v1/revocation-lists')),
});

export const trustingQuery = queryOptions({
  queryKey: ['profiles', 'trusting'],
  queryFn: () => answer(api.GET('/v1/profiles', { params: { query: { strategy: 'x509-chain', limit: 1000 } } })),
});

// renewLists asks again for everything that is shown of lists.
export function renewLists() {
  return queries.invalidateQueries({ queryKey: ['revocation-lists'] });
}
