import type { Schemas } from '../api/client';

export type Kind = Schemas['Credential']['kind'];
export const kinds = ['ACCESS_TOKEN', 'MQTT_BASIC', 'X509_CERTIFICATE', 'PUBLIC_KEY'] as const satisfies readonly Kind[];

// A Draft is a credential as it is typed. What belongs to another kind is kept while one looks, and not sent.
export interface Draft {
  kind: Kind;
  token: string;
  mqttClientId: string;
  mqttUsername: string;
  mqttPassword: string;
  certificate: string;
  publicKey: string;
}

export const emptyDraft: Draft = { kind: 'ACCESS_TOKEN', token: '', mqttClientId: '', mqttUsername: '', mqttPassword: '', certificate: '', publicKey: '' };

// evidenceOf returns what of a draft is sent.
export function evidenceOf(d: Draft): Partial<Record<'token' | 'mqttClientId' | 'mqttUsername' | 'mqttPassword' | 'certificate' | 'publicKey', string>> {
  const some = (text: string) => text || undefined;
  switch (d.kind) {
    case 'ACCESS_TOKEN':
      return { token: some(d.token) };
    case 'MQTT_BASIC':
      return { mqttClientId: some(d.mqttClientId), mqttUsername: some(d.mqttUsername), mqttPassword: some(d.mqttPassword) };
    case 'X509_CERTIFICATE':
      return { certificate: some(d.certificate) };
    case 'PUBLIC_KEY':
      return { publicKey: some(d.publicKey) };
  }
}

// isWhole tells whether a draft says enough to be sent.
export function isWhole(d: Draft): boolean {
  switch (d.kind) {
    case 'ACCESS_TOKEN':
      return true;
    case 'MQTT_BASIC':
      return (d.mqttClientId !== '' || d.mqttUsername !== '') && (d.mqttPassword === '' || d.mqttUsername !== '');
    case 'X509_CERTIFICATE':
      return d.certificate.trim() !== '';
    case 'PUBLIC_KEY':
      return d.publicKey.trim() !== '';
  }
}
