import { QueryObserver } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';

vi.stubGlobal('window', { location: { origin: 'http://localhost' } });
const { queries } = await import('../api/client');
const { again } = await import('./again');

it('asks once more for what is being asked for the first time', async () => {
  const answers: ((n: number) => void)[] = [];
  const queryKey = ['shown', 'here'];
  const stop = new QueryObserver<number>(queries, { queryKey, queryFn: () => new Promise((answer) => answers.push(answer)) }).subscribe(() => {});
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  const done = again(['shown']);
  answers[0]?.(1);
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]?.(2);
  await done;
  expect(queries.getQueryData(queryKey)).toBe(2);
  expect(answers).toHaveLength(2);
  stop();
});
