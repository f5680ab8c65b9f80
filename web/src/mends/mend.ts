import { answer, type Schemas } from '../api/client';

export type Story = Schemas['AttemptStory'];

// A Field is what is left to a person to say about a mend. One with choices is one of them.
export interface Field {
  key: 'number' | 'pattern' | 'term' | 'strategy' | 'lifetime' | 'device' | 'profile';
  initial: string;
  choices?: readonly string[];
}

export type Chosen = Partial<Record<Field['key'], string>>;

// isWhole tells whether what was said is enough. No number would be no bound at all; no pattern is for any name, as the dialog says.
export function isWhole(key: Field['key'], value: string): boolean {
  return key === 'number' ? /^[1-9]\d*$/.test(value) : key === 'pattern' || value.trim() !== '';
}

// A Mend is one change after which what was refused would be let in.
export interface Mend {
  kind: Kind;
  about: string; // what is changed, by its name
  was?: string; // what holds now
  fields?: Field[];
  loses?: boolean; // it cannot be taken back
  apply: (chosen: Chosen) => Promise<unknown>;
}

export type Kind =
  | 'openProfile'
  | 'beginKey'
  | 'extendKey'
  | 'resumeKey'
  | 'raiseKey'
  | 'admitNetwork'
  | 'loosenPattern'
  | 'raiseRate'
  | 'approve'
  | 'listDevice'
  | 'hold'
  | 'removeDevice'
  | 'raiseProfile'
  | 'rotateSame'
  | 'rotateAny'
  | 'replaceCertificate'
  | 'softRevocation'
  | 'longerJWT'
  | 'resumeDevice'
  | 'extendCredential'
  | 'beginCredential'
  | 'registerCertificate'
  | 'registerClient';

// An Outcome is what can be done about an attempt, or that what it failed at has been changed since.
export type Outcome = Mend[] | 'mended';

export type Plan = (story: Story) => Promise<Outcome> | Outcome;

export type Header = { 'If-Match'?: string[] };

// seen returns what was read and the header that lets a change through if it is still so.
export async function seen<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<[T, Header]> {
  const data = await answer(asked);
  const tag = (await asked).response.headers.get('ETag');
  return [data, tag ? { 'If-Match': [tag] } : {}];
}

export const terms = ['1', '7', '30', '365', 'ever'] as const;

// until says when a term of so many days that begins now ends, as the API wants it; "" is never.
export function until(term: string | undefined): string {
  return term === 'ever' ? '' : new Date(Date.now() + Number(term) * 86_400_000).toISOString();
}
