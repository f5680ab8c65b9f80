import type { Schemas } from '../api/client';
import type { words } from './words';

export type Reason = NonNullable<Schemas['CertificateRevocation']['reason']>;

// The reasons that a certificate is revoked for, those that are chosen most often first.
export const reasons = [
  'unspecified',
  'key-compromise',
  'superseded',
  'cessation-of-operation',
  'affiliation-changed',
  'privilege-withdrawn',
] as const satisfies readonly Reason[];

// reasonText says why a certificate was revoked.
export function reasonText(w: typeof words.en, reason: string): string {
  const known = reasons.find((r) => r === reason);
  return known ? w[`why${known}`] : reason;
}
