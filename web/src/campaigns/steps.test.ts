import { expect, it } from 'vitest';
import { spoken } from './steps';

it.each([
  ['10m0s', '10m'],
  ['24h0m0s', '24h'],
  ['1h30m0s', '1h30m'],
  ['1h0m5s', '1h5s'],
  ['90s', '90s'],
  ['0s', '0s'],
  ['100h0m0s', '100h'],
])('writes %s as %s', (duration, text) => {
  expect(spoken(duration)).toBe(text);
});
