import { expect, it } from 'vitest';
import { mappingOf, recognised, said, wrongWith } from './columns';

it.each([
  ['Name', 'name'],
  ['MQTT-Client ID', 'mqtt_client_id'],
  ['ACCESS_TOKEN', 'token'],
  ['type', 'profile'],
  ['SERVER_ATTRIBUTE.site', 'server.site'],
  ['TIMESERIES.temperature', 'telemetry.temperature'],
  ['shared.a.b', 'shared.a.b'],
  ['error_line', 'ignored'],
  ['lwm2mEndpoint', 'ignored'],
  ['server.', ''],
  ['Serial', ''],
  ['name.x', ''],
])('takes a column %s for %j, as the server does', (name, field) => {
  expect(recognised(name)).toBe(field);
});

it('says of a mapping only what is not found out', () => {
  const header = ['Serial', 'profile', 'Ort'];
  const mapping = mappingOf(header, false);
  expect(wrongWith(mapping)).toEqual({ what: 'unknown', at: 0 });
  expect(said(header, ['name', 'profile', 'server.site'], false)).toEqual(['1=name', '3=server.site']);
  expect(said(header, ['name', 'ignored', 'label'], true)).toEqual(['1=name', '3=label']);
  expect(wrongWith(['name', 'label', 'label'])).toEqual({ what: 'twice', at: 2 });
  expect(wrongWith(['ignored', 'ignored', 'label'])?.what).toBe('nameless');
  expect(wrongWith(['name', 'ignored', 'ignored'])).toBeUndefined();
});
