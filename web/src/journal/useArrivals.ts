import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { queries } from '../api/client';
import { useEvents } from '../live/useEvents';
import { arrive, missed, noArrivals, settle } from './arrivals';
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
    if (queries.getQueryData(queryKey) === undefined) {
      return; // there is no list yet
    }
    const arrived = fresh.current;
    fresh.current = noArrivals;
    setCount(0);
    if (arrived.gap) {
      void queries.invalidateQueries({ queryKey });
    } else if (arrived.count > 0) {
      queries.setQueryData(queryKey, (was) => was && { ...was, items: settle(was.items, arrived.all, pageSize) });
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
  const live = useEvents(wishOf(search), {
    hear: ({ attempt }) => {
      if (attempt && isWanted(search, attempt)) {
        fresh.current = arrive(fresh.current, attempt);
      }
    },
    missed: () => (fresh.current = missed(fresh.current)),
  });
  return { live, count, show };
}
