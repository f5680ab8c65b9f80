import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { withNews } from '../live/withNews';
import { settle } from './arrivals';
import { queryOf, type Search } from './search';

export const pageSize = 50;

export const attemptsQuery = (search: Search) =>
  queryOptions({
    queryKey: ['attempts', 'list', search],
    placeholderData: keepPreviousData,
    queryFn: (question) =>
      withNews(
        question,
        () => answer(api.GET('/v1/attempts', { params: { query: { ...queryOf(search), limit: pageSize } } })),
        (page, shown) => ({ ...page, items: settle(page.items, shown.items, pageSize) }),
      ),
  });

export const storyQuery = (number: number) =>
  queryOptions({
    queryKey: ['attempts', 'story', number],
    staleTime: Infinity, // it has happened
    queryFn: () => answer(api.GET('/v1/attempts/{number}', { params: { path: { number } } })),
  });

// afterQuery asks for what a device has tried after an attempt, the newest alone.
export const afterQuery = (number: number, device: string) =>
  queryOptions({
    queryKey: ['attempts', 'after', number, device],
    enabled: device !== '',
    queryFn: () => answer(api.GET('/v1/attempts', { params: { query: { device, since: number, limit: 1 } } })),
  });

// reasonsQuery asks why attempts were refused during the last day, the most frequent reason first.
export const reasonsQuery = queryOptions({
  queryKey: ['attempts', 'reasons'],
  staleTime: 30_000,
  queryFn: async () => {
    const { items } = await answer(api.GET('/v1/attempts/reasons'));
    const counts = new Map<string, number>();
    items.filter((c) => c.reason).forEach((c) => counts.set(c.reason, (counts.get(c.reason) ?? 0) + c.count));
    return [...counts];
  },
});
