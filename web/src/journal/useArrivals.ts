import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { queries } from '../api/client';
import { useEvents } from '../live/useEvents';
import { arrive, noArrivals, settle } from './arrivals';
import { attemptsQuery, pageSize } from './queries';
import { isWanted, wishOf, type Search } from './search';

// How often rows come in, at most.
const pace = 400;

// useArrivals hears of attempts that a list wants. They come in by themselves, but not while somebody holds the list: while
// they point at it, have scrolled, or have paused. Then they are counted, and come in when they are asked for.
export function useArrivals(search: Search, isHeld: () => boolean): { live: boolean; count: number; show: () => void } {
  const fresh = useRef(noArrivals);
  const [count, setCount] = useState(0);
  const { queryKey } = attemptsQuery(search);
  const text = JSON.stringify(search);
  const show = () => {
    const arrived = fresh.current;
    fresh.current = noArrivals;
    setCount(0);
    if (arrived.count > 0) {
      queries.setQueryData(queryKey, (was) => was && { ...was, items: settle(was.items, arrived, pageSize) });
    }
  };
  const settleDown = useEffectEvent(() => {
    if (isHeld()) {
      setCount(fresh.current.count);
    } else {
      show();
    }
  });
  useEffect(() => {
    fresh.current = noArrivals;
    setCount(0);
    const timer = setInterval(() => settleDown(), pace);
    return () => clearInterval(timer);
  }, [text]);
  const live = useEvents(wishOf(search), (e) => {
    if (e.attempt && isWanted(search, e.attempt)) {
      fresh.current = arrive(fresh.current, e.attempt);
    } else if (e.event === 'lost' && !isHeld()) {
      void queries.invalidateQueries({ queryKey });
    }
  });
  return { live, count, show };
}
