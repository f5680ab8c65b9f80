import { QueryClient } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { withNews } from './withNews';

const client = new QueryClient();
const queryKey = ['numbers'];
const lay = (answer: number[], shown: number[]) => [...answer, ...shown.filter((n) => !answer.includes(n))];

it('keeps what was heard while an answer was on its way', async () => {
  client.setQueryData(queryKey, [1]);
  const asked = withNews(
    { client, queryKey },
    async () => {
      await Promise.resolve();
      return [1];
    },
    lay,
  );
  client.setQueryData<number[]>(queryKey, (was = []) => [...was, 2]);
  expect(await asked).toEqual([1, 2]);
});

it('takes an answer for what it is where nothing was heard', async () => {
  client.setQueryData(queryKey, [1, 2]);
  expect(await withNews({ client, queryKey }, () => Promise.resolve([1]), lay)).toEqual([1]);
});
