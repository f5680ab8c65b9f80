import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { latestQuery } from '../devices/queries';
import { useEvents } from '../live/useEvents';
import { anew, hear, nothing, type Heard } from './heard';
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
  const attempts = useEvents({ kind: ['attempts'] }, take);
  const values = useEvents(joining ? null : { kind: ['telemetry', 'sessions'], device: name }, take);
  const { data: latest } = useQuery({ ...latestQuery(name), enabled: joining && heard.now.is === 'in', refetchInterval: 1_000 });
  const first = latest && Object.values(latest)[0];
  if (joining && first && heard.now.is === 'in') {
    const sample = { device: name, deviceId: '', ts: first.ts, values: Object.fromEntries(Object.entries(latest).map(([k, r]) => [k, r.value])) };
    setHeard({ ...heard, now: { is: 'reported', sample } });
  }
  return { heard, live: attempts && (joining || values), again: () => setHeard(anew) };
}
