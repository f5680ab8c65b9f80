import type { Schemas } from '../api/client';
import { Tag, type Tone } from '../parts/Tag';
import { useLanguage, useWords } from '../words/words';
import { keyWords } from './keyWords';

type Key = Schemas['ProvisionKey'];

const tones: Record<Key['state'], Tone> = { live: 'good', waiting: 'quiet', expired: 'care', exhausted: 'care', suspended: 'care', revoked: 'bad' };

export function KeyState({ of }: { of: Key }) {
  const w = useWords(keyWords);
  return <Tag tone={tones[of.state]}>{w[of.state]}</Tag>;
}

export function KeyWindow({ of: { notBefore, expiresAt } }: { of: Key }) {
  const w = useWords(keyWords);
  const language = useLanguage();
  const day = (at: string | undefined) => (at ? new Date(at).toLocaleDateString(language) : '…');
  return <>{notBefore || expiresAt ? w.fromTo(day(notBefore), day(expiresAt)) : w.always}</>;
}
