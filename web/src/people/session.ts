import { queryOptions, useQuery } from '@tanstack/react-query';
import { answer, api, isUnknown, queries, type Schemas } from '../api/client';

export type Me = Schemas['Me'];
export type Role = Me['role'];

export const meQuery = queryOptions({
  queryKey: ['me'],
  staleTime: 60_000,
  queryFn: async (): Promise<Me | null> => {
    try {
      return await answer(api.GET('/v1/me'));
    } catch (error) {
      if (isUnknown(error)) {
        return null;
      }
      throw error;
    }
  },
});

export const roles = ['viewer', 'operator', 'admin'] as const satisfies readonly Role[];

const ranks: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

// may tells whether who has one role may do what the other needs.
export function may(role: Role, wanted: Role): boolean {
  return ranks[role] >= ranks[wanted];
}

// useMe returns who is signed in. It is for pages that nobody else sees.
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  return data ?? { name: '', role: 'viewer' };
}

// useMay tells whether who is signed in has at least that role.
export function useMay(role: Role): boolean {
  return may(useMe().role, role);
}

// onSignedOut calls leave when the server does not know any more who asks: the login is over.
export function onSignedOut(leave: () => void) {
  const look = (error: unknown) => {
    if (isUnknown(error) && queries.getQueryData(meQuery.queryKey)) {
      queries.setQueryData(meQuery.queryKey, null);
      leave();
    }
  };
  queries.getQueryCache().subscribe((event) => {
    if (event.type === 'updated' && event.action.type === 'error') {
      look(event.action.error);
    }
  });
  queries.getMutationCache().subscribe((event) => {
    if (event.type === 'updated' && event.action.type === 'error') {
      look(event.action.error);
    }
  });
}

export async function signOut() {
  await answer(api.POST('/v1/logout'));
  queries.clear();
  queries.setQueryData(meQuery.queryKey, null);
}
