import { skipToken, useQuery } from '@tanstack/react-query';
import { queries } from '../api/client';
import { useEvents } from '../live/useEvents';
import { more, shown, type Second } from './traffic';

const key = ['overview', 'traffic'];

// useTraffic is what the fleet does, second by second. What was seen is kept for whoever comes back to the page soon.
export function useTraffic(): { seconds: readonly Second[]; live: boolean } {
  const { data } = useQuery<readonly Second[]>({ queryKey: key, queryFn: skipToken, gcTime: shown });
  const live = useEvents({ kind: ['traffic'] }, {
    hear: (e) => queries.setQueryData<readonly Second[]>(key, (was) => more(was ?? [], e)),
    missed: () => {},
  });
  return { seconds: data ?? [], live };
}
