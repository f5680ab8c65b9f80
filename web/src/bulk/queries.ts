import { queryOptions } from '@tanstack/react-query';
import { answer, api, queries, type Schemas } from '../api/client';
import { withNews } from '../live/withNews';

export type Import = Schemas['Import'];

export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ['imports', 'one', id],
    queryFn: (question): Promise<Import> =>
      withNews(question, () => answer(api.GET('/v1/imports/{id}', { params: { path: { id } } })), (asked, heard) => (isOver(heard) ? heard : asked)),
  });

export const mostFailures = 100;

// failuresQuery asks for the first rows that could not be filed; more of them are in the file of failed rows.
export const failuresQuery = (id: string, failed: number) =>
  queryOptions({
    queryKey: ['imports', 'failures', id, Math.min(failed, mostFailures)],
    enabled: failed > 0,
    queryFn: () => answer(api.GET('/v1/imports/{id}/failures', { params: { path: { id }, query: { limit: mostFailures } } })),
  });

// renewImports asks again for everything that is shown of imports.
export function renewImports() {
  return queries.invalidateQueries({ queryKey: ['imports'] });
}

// learn keeps what is told of an import.
export function learn(i: Import) {
  queries.setQueryData(importQuery(i.id).queryKey, i);
}

// renewEnded asks again for what has changed by an import that has ended.
export function renewEnded() {
  void queries.invalidateQueries({ queryKey: ['imports', 'list'] });
  void queries.invalidateQueries({ queryKey: ['devices'] });
}

export function isOver(i: Pick<Import, 'state'>): boolean {
  return i.state !== 'waiting' && i.state !== 'running';
}
