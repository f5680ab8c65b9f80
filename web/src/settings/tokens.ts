import type { Schemas } from '../api/client';
import type { Tone } from '../parts/Tag';

export type Token = Schemas['Token'];

// tokenTones are how the states of a token look.
export const tokenTones: Record<Token['state'], Tone> = { live: 'good', expired: 'care', revoked: 'bad' };
