import type { Tone } from '../parts/Tag';
import type { RevocationList } from './queries';

export const listTones: Record<RevocationList['state'], Tone> = { current: 'good', outdated: 'bad', unused: 'bad' };
