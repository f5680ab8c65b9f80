import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '../api/client';
import { latestQuery } from '../devices/queries';
import { useEvents } from '../live/useEvents';
import { anew, compare, hear, nothing, sampleOf, type Heard } from './heard';
import { remoteQuery } from './queries';

interface Listening {
  heard: Heard;
  live: boolean;
  again: () => void;
}

// useHeard listens for a device. Of one that is only about to get in there is no stream yet: its values are asked for when it is in.
export function useHeard(name: string, key?: string): Listening {
  const [heard, setHeard] = useState(nothing);
  const sought = JSON.stringify([name, key]);
  const [was, setWas] = useState(sought);
  if (was !== sought) {
    // Another one is meant now: the stream goes on, and what was heard is of no account.
    setWas(sought);
    setHeard(anew);
  }
  const joining = key !== undefined;
  const { data: remote } = useQuery(remoteQuery);
  const take = (e: Parameters<typeof hear>[1]) => setHeard((was) => hear(was, e, { name, remote, key }));
  const attempts = useEvents({ kind: ['attempts'] }, { hear: take, missed: () => {} }); // the server keeps them for longer than a page is hidden
  const values = useEvents(joining ? null : { kind: ['telemetry', 'sessions'], device: name }, {
    hear: take,
    missed: () => void queries.fetchQuery({ ...latestQuery(name), staleTime: 0 }).then((latest) => setHeard((was) => compare(was, latest, name)), () => {}), // the device may be gone
  });
  const { data: latest } = useQuery({ ...latestQuery(name), enabled: joining && heard.now.is === 'in', refetchInterval: 1_000 });
  if (joining && latest && Object.keys(latest).length > 0 && heard.now.is === 'in') {
    setHeard({ ...heard, now: { is: 'reported', sample: sampleOf(name, latest) } });
  }
  return { heard, live: attempts && (joining || values), again: () => setHeard(anew) };
}
