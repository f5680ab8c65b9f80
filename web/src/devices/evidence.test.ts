import { expect, it } from 'vitest';
import { emptyDraft, evidenceOf, isWhole } from './evidence';

it('sends what belongs to the chosen kind alone', () => {
  const typed = { ...emptyDraft, token: 'left over', certificate: '-----BEGIN CERTIFICATE-----' };
  expect(evidenceOf({ ...typed, kind: 'X509_CERTIFICATE' })).toEqual({ certificate: '-----BEGIN CERTIFICATE-----' });
  expect(evidenceOf({ ...emptyDraft, kind: 'ACCESS_TOKEN' })).toEqual({ token: undefined });
});

it('wants for MQTT a client ID or a user name, and for a password a user name', () => {
  const basic = { ...emptyDraft, kind: 'MQTT_BASIC' as const };
  expect(isWhole(basic)).toBe(false);
  expect(isWhole({ ...basic, mqttClientId: 'c' })).toBe(true);
  expect(isWhole({ ...basic, mqttClientId: 'c', mqttPassword: 'p' })).toBe(false);
  expect(isWhole({ ...basic, mqttUsername: 'u', mqttPassword: 'p' })).toBe(true);
});
