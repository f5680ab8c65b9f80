import { expect, it } from 'vitest';
import { arrive, noArrivals, settle } from './arrivals';
import type { Attempt } from './search';

const attempt = (number: number) => ({ number }) as Attempt;
const numbers = (all: Attempt[]) => all.map((a) => a.number);

it('puts what has come on top, the newest first and nothing twice', () => {
  const fresh = [3, 4, 5].reduce((was, n) => arrive(was, attempt(n)), noArrivals);
  expect(fresh.count).toBe(3);
  expect(numbers(settle([attempt(3), attempt(1)], fresh.all, 50))).toEqual([5, 4, 3, 1]);
  expect(numbers(settle([attempt(3), attempt(1)], fresh.all, 3))).toEqual([5, 4, 3]);
  expect(numbers(settle([], fresh.all, 50))).toEqual([5, 4, 3]);
});

it('counts all that come in a storm, and keeps the newest', () => {
  let fresh = noArrivals;
  for (let n = 1; n <= 500; n++) {
    fresh = arrive(fresh, attempt(n));
  }
  expect(fresh.count).toBe(500);
  expect(fresh.all).toHaveLength(200);
  expect(fresh.all[0]?.number).toBe(500);
});
