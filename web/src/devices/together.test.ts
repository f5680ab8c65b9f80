import { expect, it } from 'vitest';
import { together } from './together';

const ten = Array.from({ length: 10 }, (_, i) => i);
const silent = { tell: () => {}, signal: new AbortController().signal };

it('does no more at once than it may, and everything in the end', async () => {
  let now = 0;
  let most = 0;
  const act = async () => {
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
  };
  expect(await together(ten, { ...silent, act, width: 3 })).toEqual({ done: 10, failed: [], left: [] });
  expect(most).toBe(3);
});

it('names what failed and goes on with the rest', async () => {
  const told: number[] = [];
  const act = (n: number) => (n % 4 === 1 ? Promise.reject(new Error(`no ${n}`)) : Promise.resolve());
  const end = await together(ten, { ...silent, act, tell: (p) => told.push(p.done + p.failed.length) });
  expect(end.done).toBe(7);
  expect(end.failed.map((f) => f.one)).toEqual([1, 5, 9]);
  expect(told).toHaveLength(10);
  expect(told.at(-1)).toBe(10);
});

it('stops when it is told to, and says what is left', async () => {
  const stop = new AbortController();
  const act = async (n: number) => {
    if (n === 3) {
      stop.abort();
    }
  };
  expect((await together(ten, { ...silent, act, signal: stop.signal, width: 1 })).left).toEqual([4, 5, 6, 7, 8, 9]);
});

it('stops where it is refused for good', async () => {
  const act = () => Promise.reject(new Error('signed out'));
  const end = await together(ten, { ...silent, act, hopeless: () => true, width: 2 });
  expect(end.failed.length + end.left.length).toBe(10);
  expect(end.failed.length).toBeLessThanOrEqual(2);
});
