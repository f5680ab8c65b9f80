import { useEffect, useEffectEvent, useState } from 'react';
import { follow, type Ear, type Wish } from './follow';

// useEvents hears what happens while the page is shown; null hears nothing. It returns whether the stream flows.
export function useEvents(wish: Wish | null, ear: Pick<Ear, 'hear' | 'missed'>): boolean {
  const [live, setLive] = useState(false);
  const hear = useEffectEvent(ear.hear);
  const missed = useEffectEvent(ear.missed);
  const text = wish && JSON.stringify(wish);
  useEffect(() => {
    if (!text) {
      return;
    }
    return follow(JSON.parse(text) as Wish, { hear: (e) => hear(e), missed: () => missed(), live: setLive });
  }, [text]);
  return live;
}
