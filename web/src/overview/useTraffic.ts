import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { queries } from '../api/client';
import { again } from '../live/again';
import { useEvents } from '../live/useEvents';
import { serverQuery, trafficQuery } from './queries';
import { more, secondOf } from './traffic';

const patience = 5_000; // milliseconds without a second, after which what is shown is old

// useTraffic is what the fleet does, second by second: what the server has kept of it, and what it tells since. What is shown
// is old where nothing has been told for a while, whatever the connection looks like.
export function useTraffic() {
  const { data: seconds = [], error, refetch } = useQuery(trafficQuery);
  const flows = useEvents(
    { kind: ['traffic'] },
    {
      hear: (e) => {
        const { at, traffic } = e;
        if (traffic) {
          queries.setQueryData(trafficQuery.queryKey, (was = []) => more(was, secondOf(at, traffic)));
        }
      },
      missed: () => {
        void again(trafficQuery.queryKey);
        void again(serverQuery.queryKey); // it may be another run of it
      },
    },
  );
  const last = seconds.at(-1);
  const old = useQuiet(last?.at);
  return { seconds, last, live: flows && !old, old, error, refetch };
}

// useQuiet tells whether something has been the same for too long.
function useQuiet(what: number | undefined): boolean {
  const [quiet, setQuiet] = useState<number>();
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(what), patience);
    return () => clearTimeout(timer);
  }, [what]);
  return what !== undefined && what === quiet;
}
