import { expect, it } from 'vitest';
import { boundsOf, changeOfBounds } from './bounds';

const key = {
  id: '1',
  key: 'k',
  profile: 'p',
  state: 'live' as const,
  devices: 0,
  createdAt: '2026-01-01T00:00:00Z',
  notBefore: '2026-03-01T12:00:45Z',
  expiresAt: '2026-04-01T12:00:59Z',
  maxDevices: 5,
  networks: ['10.0.0.0/8'],
};

it('changes nothing of a key that was only looked at', () => {
  expect(changeOfBounds(boundsOf(key), key)).toEqual({
    notBefore: key.notBefore,
    expiresAt: key.expiresAt,
    maxDevices: 5,
    rate: 0,
    networks: key.networks,
    namePattern: '',
  });
});

it('takes away what was emptied', () => {
  expect(changeOfBounds({ ...boundsOf(key), until: '', most: '' }, key)).toMatchObject({ expiresAt: '', maxDevices: 0 });
});
