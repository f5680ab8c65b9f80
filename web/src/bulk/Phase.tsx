import { Tag, type Tone } from '../parts/Tag';
import { useWords } from '../words/words';
import type { Import } from './queries';
import { words } from './words';

const tones: Record<Import['state'], Tone> = { waiting: 'quiet', running: 'quiet', done: 'good', cancelled: 'care', failed: 'bad' };

// Phase says in a word how far an import is.
export function Phase({ of: { state, failed, dryRun } }: { of: Pick<Import, 'state' | 'failed' | 'dryRun'> }) {
  const w = useWords(words);
  const partly = state === 'done' && failed > 0;
  return <Tag tone={partly ? 'care' : tones[state]}>{state === 'done' && dryRun ? w.judged : w[state]}</Tag>;
}
