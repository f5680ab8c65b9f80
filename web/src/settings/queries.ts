import { queryOptions } from '@tanstack/react-query';
import { answer, api, queries, type Schemas } from '../api/client';

export const serverQuery = queryOptions({ queryKey: ['server', 'itself'], refetchInterval: 10_000, queryFn: () => answer(api.GET('/v1/server')) });
export const healthQuery = queryOptions({ queryKey: ['server', 'health'], refetchInterval: 30_000, queryFn: () => answer(api.GET('/v1/server/health')) });
export const shownCertificatesQuery = queryOptions({ queryKey: ['server', 'certificates'], queryFn: () => answer(api.GET('/v1/server/certificates')) });
export const listenersQuery = queryOptions({ queryKey: ['server', 'listeners'], queryFn: () => answer(api.GET('/v1/server/listeners')) });
export const limitsQuery = queryOptions({ queryKey: ['server', 'limits'], queryFn: () => answer(api.GET('/v1/server/limits')) });
export const settingsQuery = queryOptions({ queryKey: ['server', 'settings'], queryFn: () => answer(api.GET('/v1/server/settings')) });

// renewServer asks again for everything that is shown of the server itself.
export function renewServer() {
  return queries.invalidateQueries({ queryKey: ['server'] });
}

export function renewUsers() {
  return queries.invalidateQueries({ queryKey: ['users'] });
}

export function createToken(body: Schemas['NewToken']) {
  return answer(api.POST('/v1/tokens', { body }));
}

export function createOwnToken(body: Schemas['NewToken']) {
  return answer(api.POST('/v1/me/tokens', { body }));
}

// renewTokens asks again for those of everybody, and for one's own.
export function renewTokens() {
  return queries.invalidateQueries({ queryKey: ['tokens'] });
}
