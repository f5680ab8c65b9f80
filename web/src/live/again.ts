import type { QueryKey } from '@tanstack/react-query';
import { queries } from '../api/client';

// again asks once more for everything that is shown under a key, also for what is being asked for the first time: the answer that is on its
// way may be older than what has made one ask.
export async function again(queryKey: QueryKey): Promise<void> {
  const first = queries.getQueryCache().findAll({ queryKey, fetchStatus: 'fetching', predicate: (q) => q.state.data === undefined });
  await Promise.all([queries.invalidateQueries({ queryKey }), ...first.map(behind)]);
}

async function behind({ queryKey, promise }: { queryKey: QueryKey; promise: Promise<unknown> | undefined }) {
  await promise?.catch(() => {}); // it is shown as refused where it is
  await queries.invalidateQueries({ queryKey, exact: true });
}
