import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { queries } from '../api/client';
import { filed, pageOf, piecesOf, unread, type Long } from './long';

export interface Source<T> {
  key: readonly unknown[]; // of its pages among all queries
  size: number; // of a page
  page: (after: string) => Promise<{ items: T[]; next?: string }>;
}

// A Place is where somebody was in a list. It is kept for when they come back.
export interface Place {
  list: Long;
  row: number;
}

const minutes = 60_000;
const mostBetween = 10_000; // rows that are chosen at once

export const places = {
  find: (key: readonly unknown[]) => queries.getQueryData<Place>(['places', ...key]),
  keep: (key: readonly unknown[], place: Place) => {
    queries.setQueryDefaults(['places'], { gcTime: 30 * minutes });
    queries.setQueryData(['places', ...key], place);
  },
};

// useLong reads those pages of a long list that are seen, and the next ones of them. What nobody has seen for a while is let go.
export function useLong<T>(source: Source<T>, began: Long | undefined, first: number, last: number) {
  const key = JSON.stringify(source.key);
  const [of, setOf] = useState(key);
  const [list, setList] = useState(began ?? unread);
  if (of !== key) {
    setOf(key);
    setList(began ?? unread);
  }
  const from = pageOf(list, first);
  const to = pageOf(list, last + source.size);
  const wanted = list.starts.slice(from, to + 1).map((start, i) => ({ page: from + i, after: start.after }));
  const results = useQueries({
    queries: wanted.map(({ page, after }) => ({
      queryKey: [...source.key, after],
      queryFn: () => source.page(after),
      refetchInterval: 10_000,
      gcTime: minutes,
      placeholderData: page === 0 ? keepPreviousData : undefined,
    })),
  });
  useEffect(() => {
    setList((was) =>
      results.reduce((list, { data, isPlaceholderData }, i) => {
        const start = wanted[i];
        return data && start && !isPlaceholderData ? filed(list, start.page, start.after, data.items.length, data.next) : list;
      }, was),
    );
  }); // whatever it was drawn for: it is the same list where nothing is new
  const failed = results.find((r) => r.error);

  // row returns one that is there now; those that are still to come are undefined.
  const row = (number: number): T | undefined => {
    const page = pageOf(list, number);
    const start = list.starts[page];
    const at = wanted.findIndex((w) => w.page === page);
    const items = at >= 0 ? results[at]?.data?.items : queries.getQueryData<{ items: T[] }>([...source.key, start?.after])?.items;
    return items?.[number - (start?.row ?? 0)];
  };
  // between returns the rows from one to another. Pages that were let go are asked for again.
  const between = async (from: number, to: number): Promise<T[]> => {
    const rows: T[] = [];
    for (const piece of piecesOf(list, from, Math.min(to, from + mostBetween - 1))) {
      const { items } = await queries.ensureQueryData({ queryKey: [...source.key, piece.after], queryFn: () => source.page(piece.after) });
      rows.push(...items.slice(piece.from, piece.to));
    }
    return rows;
  };
  return {
    list,
    rows: list.rows + (list.more ? source.size : 0), // with those that are about to come
    row,
    between,
    old: Boolean(results[0]?.isPlaceholderData),
    error: failed?.error,
    again: () => void failed?.refetch(),
  };
}
