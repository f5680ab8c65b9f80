import { expect, it } from 'vitest';
import { addressesOf, bracketed, isFor } from './addresses';

it('takes the name by which the browser came where the server listens everywhere', () => {
  const found = addressesOf(
    [
      { name: 'mqtts', address: '[::]:8883', tls: true },
      { name: 'https', address: '0.0.0.0:8443', tls: true },
      { name: 'mqtt', address: '127.0.0.1:1883', tls: false },
      { name: 'coap', address: '[fd00::7]:5683', tls: false },
    ],
    'devices.example.org',
  );
  expect(found.mqtts).toEqual({ host: 'devices.example.org', port: 8883, tls: true, near: false });
  expect(found.https?.host).toBe('devices.example.org');
  expect(found.mqtt).toEqual({ host: '127.0.0.1', port: 1883, tls: false, near: true });
  expect(found.coap?.host).toBe('fd00::7');
  expect(found.http).toBeUndefined();
  expect(bracketed('fd00::7')).toBe('[fd00::7]');
});

it.each([
  ['devices.example.org', true],
  ['DEVICES.example.org', true],
  ['a.plant.example', true],
  ['a.b.plant.example', false],
  ['plant.example', false],
  ['10.0.0.1', false],
])('tells whether a certificate is for %s', (host, is) => {
  expect(isFor(['devices.example.org', '*.plant.example'], host)).toBe(is);
});
