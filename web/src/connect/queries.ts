import { queryOptions } from '@tanstack/react-query';
import { answer, api } from '../api/client';

// What is known of the server itself, as far as those who connect devices to it need it.

export const listenersQuery = queryOptions({ queryKey: ['server', 'listeners'], staleTime: 60_000, queryFn: () => answer(api.GET('/v1/server/listeners')) });

export const serverCertificatesQuery = queryOptions({ queryKey: ['server', 'certificates'], staleTime: 60_000, queryFn: () => answer(api.GET('/v1/server/certificates')) });

export const bundleQuery = queryOptions({ queryKey: ['authority', 'bundle'], staleTime: 60_000, queryFn: () => answer(api.GET('/v1/ca/bundle')) });

// remoteQuery asks from which address this browser has signed in: what comes from there is likely to be from who looks at the page.
export const remoteQuery = queryOptions({
  queryKey: ['me', 'remote'],
  staleTime: Infinity,
  queryFn: async () => {
    const { items } = await answer(api.GET('/v1/logins'));
    return items.find((l) => l.current)?.remote ?? '';
  },
});
