import { expect, it, vi } from 'vitest';

vi.stubGlobal('window', { location: { origin: 'http://localhost' } });
const { queryOf, readSearch } = await import('./list');

it('reads from a URL what it knows, and nothing else', () => {
  expect(readSearch({ search: '7', tag: 'site=north', after: 'x', columns: 'state', limit: '9' })).toEqual({ search: '7', tag: 'site=north', columns: 'state' });
});

it('asks for nothing that the server does not know', () => {
  expect(queryOf({ state: 'lost', connected: 'maybe', sort: 'colour', credential: 'NONE' }, 0)).toMatchObject({ state: 'listed', connected: 'true', sort: 'name', credential: 'ACCESS_TOKEN' });
  expect(queryOf({}, 0)).toEqual({ sort: 'name' });
});

it('means by soon the same moment for an hour', () => {
  const at = Date.UTC(2026, 2, 1, 9, 20);
  expect(queryOf({ expires: '3' }, at).expiresBefore).toBe('2026-03-04T09:00:00.000Z');
  expect(queryOf({ expires: '3' }, at + 60_000).expiresBefore).toBe('2026-03-04T09:00:00.000Z');
});
