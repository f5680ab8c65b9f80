import { expect, it } from 'vitest';
import { merge, parseValue, readingsOf, valueText } from './values';

it.each([21.5, true, 'eco', '21.5', 'true', 'two words', '"quoted"', [1, 2], { a: { b: 1 } }, '', 'null'])('reads %j as it was written', (value) => {
  expect(parseValue(valueText(value))).toEqual(value);
});

it('takes for a text what is no JSON', () => {
  expect(parseValue('by the door')).toBe('by the door');
  expect(parseValue('30')).toBe(30);
});

it('shows a value that was measured before the one that is shown to nobody', () => {
  const was = { t: { ts: 20, value: 1 } };
  expect(merge(was, readingsOf({ device: 'd', deviceId: '1', ts: 10, values: { t: 0, h: 5 } }))).toEqual({ t: { ts: 20, value: 1 }, h: { ts: 10, value: 5 } });
  expect(merge(was, { t: { ts: 20, value: 2 } })).toEqual({ t: { ts: 20, value: 2 } });
});
