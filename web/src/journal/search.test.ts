import { expect, it } from 'vitest';
import { isNarrowed, isRemote, isWanted, queryOf, type Attempt } from './search';

const refused: Attempt = { number: 1, at: '', count: 1, action: 'connect', transport: 'mqtt', reason: 'token-unknown' };

it('asks for the refused where nothing else is said', () => {
  expect(queryOf({}).outcome).toBe('refused');
  expect(queryOf({ outcome: 'any' }).outcome).toBeUndefined();
  expect(queryOf({ who: 'strangers', action: 'connect', after: '12' })).toMatchObject({ stranger: 'true', action: 'connect', after: 12 });
  expect(queryOf({ after: 'x', action: '' })).toMatchObject({ after: undefined, action: undefined });
});

it('wants of what is heard what the list shows', () => {
  expect(isWanted({}, refused)).toBe(true);
  expect(isWanted({}, { ...refused, reason: undefined })).toBe(false);
  expect(isWanted({ outcome: 'admitted' }, { ...refused, reason: undefined })).toBe(true);
  expect(isWanted({ who: 'strangers' }, refused)).toBe(true);
  expect(isWanted({ who: 'strangers' }, { ...refused, profile: 'yard' })).toBe(false);
  expect(isWanted({ who: 'known' }, refused)).toBe(false);
  expect(isWanted({ transport: 'coap' }, refused)).toBe(false);
  expect(isWanted({ profile: 'yard' }, { ...refused, profile: 'yard' })).toBe(true);
});

it('knows when it shows less than there might be', () => {
  expect(isNarrowed({})).toBe(false);
  expect(isNarrowed({ name: 'pump' })).toBe(true);
  expect(isNarrowed({ after: '7' })).toBe(true);
});

it.each(['192.0.2.17', '10.0.0.0/8', '::1', '2001:db8::/32', '::ffff:10.0.0.1'])('takes %s for an address or a network', (text) => {
  expect(isRemote(text)).toBe(true);
});

it.each(['', '10.', '10.0.0.256', '10.0.0.0/33', 'here', '10.0.0.0/8/8', ':', '::/x'])('takes %j for none', (text) => {
  expect(isRemote(text)).toBe(false);
});
