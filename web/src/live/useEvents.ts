import { useEffect, useEffectEvent, useState } from 'react';
import { follow, type LiveEvent, type Wish } from './follow';

// useEvents hears what happens while the page is shown; null hears nothing. It returns whether the stream flows.
export function useEvents(wish: Wish | null, hear: (e: LiveEvent) => void): boolean {
  const [live, setLive] = useState(false);
  const tell = useEffectEvent(hear);
  const text = wish && JSON.stringify(wish);
  useEffect(() => {
    if (!text) {
      return;
    }
    return follow(JSON.parse(text) as Wish, (e) => tell(e), setLive);
  }, [text]);
  return live;
}
