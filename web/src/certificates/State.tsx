import { Tag, type Tone } from '../parts/Tag';
import { useWords } from '../words/words';
import type { Issued } from './queries';
import { words } from './words';

const tones: Record<Issued['state'], Tone> = { issued: 'good', expired: 'care', revoked: 'bad' };

// State says how it is with a certificate.
export function State({ of }: { of: Pick<Issued, 'state'> }) {
  const w = useWords(words);
  return <Tag tone={tones[of.state]}>{w[`state${of.state}`]}</Tag>;
}
