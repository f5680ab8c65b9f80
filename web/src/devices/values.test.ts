import { expect, it } from 'vitest';
import { kindOf, kindOfText, merge, readingsOf, readValue, valueText } from './values';

it.each([21.5, true, false, 'eco', '21.5', 'true', 'two words', '"quoted"', ' blanks ', [1, 2], { a: { b: 1 } }, '', 'null', 1e21])('reads %j as it was written', (value) => {
  expect(readValue(kindOf(value), valueText(value))).toEqual({ value });
});

it.each([
  ['30', 'number'],
  ['-0.5e3', 'number'],
  ['true', 'boolean'],
  ['[1, 2]', 'json'],
  ['{"a": ', 'text'], // it is not finished
  ['030', 'text'],
  ['21,5', 'text'],
  ['"30"', 'text'],
  ['by the door', 'text'],
  ['', 'text'],
] as const)('takes %j for %s', (text, kind) => {
  expect(kindOfText(text)).toBe(kind);
});

it.each([
  ['number', '21,5', 'number'],
  ['number', '', 'number'],
  ['number', '0x10', 'number'],
  ['number', 'NaN', 'number'],
  ['number', '9007199254740993', 'inexact'],
  ['number', '1e999', 'inexact'],
  ['boolean', 'yes', 'boolean'],
  ['json', '{"a": 1', 'json'],
  ['json', 'null', 'null'], // which would remove it
] as const)('as %s, says what is wrong with %j', (kind, text, wrong) => {
  expect(readValue(kind, text)).toEqual({ wrong });
});

it('shows a value that was measured before the one that is shown to nobody', () => {
  const was = { t: { ts: 20, value: 1 } };
  expect(merge(was, readingsOf({ device: 'd', deviceId: '1', ts: 10, values: { t: 0, h: 5 } }))).toEqual({ t: { ts: 20, value: 1 }, h: { ts: 10, value: 5 } });
  expect(merge(was, { t: { ts: 20, value: 2 } })).toEqual({ t: { ts: 20, value: 2 } });
});
