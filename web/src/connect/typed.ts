import type { Schemas } from '../api/client';
import type { Kind } from '../devices/evidence';
import type { Proof } from './ways';

// Typed is what one has typed of a device's proof. It stays in this page, and goes nowhere.
export interface Typed {
  kind: Kind;
  token: string;
  clientId: string;
  username: string;
  password: string;
  pem: string;
  fresh?: Kind; // a credential of this kind was made here
}

// typedOf begins with what is known of a device's credentials: a hint is the client id and the user name, or a digest where there is no password.
export function typedOf(kind: Kind, credentials: Schemas['Credential'][]): Typed {
  const hint = credentials.find((c) => c.kind === 'MQTT_BASIC' && isLive(c))?.hint ?? '';
  const [first = '', second] = /^[0-9a-f]{8}$/.test(hint) ? [] : hint.split('|');
  return { kind, token: '', clientId: second === undefined ? '' : first, username: second ?? first, password: '', pem: '' };
}

// isLive tells whether a credential opens the door now, or will on its first use.
export function isLive(c: Pick<Schemas['Credential'], 'state'>): boolean {
  return c.state === 'active' || c.state === 'pending' || c.state === 'retiring';
}

// proofOf returns what is shown of it in a command: where something is not typed yet, what stands for it.
export function proofOf(t: Typed, audience: string): Proof {
  switch (t.kind) {
    case 'ACCESS_TOKEN':
      return { kind: 'ACCESS_TOKEN', token: t.token.trim() || 'TOKEN' };
    case 'MQTT_BASIC':
      return { kind: 'MQTT_BASIC', clientId: t.clientId, username: t.username || (t.clientId ? '' : 'USERNAME'), password: t.password };
    case 'X509_CERTIFICATE':
      return { kind: 'X509_CERTIFICATE' };
    case 'PUBLIC_KEY':
      return { kind: 'PUBLIC_KEY', audience };
  }
}

// audienceOf returns for whom a device signs its JWTs.
export function audienceOf(device: string, audiences: string[] | undefined): string {
  return (audiences?.[0] ?? 'https://akenza.io/devices/{deviceId}').replaceAll('{deviceId}', device);
}
