import type { Schemas } from '../api/client';
import { Tag, type Tone } from '../parts/Tag';
import { useWords } from '../words/words';
import { words } from './words';

const tones = { listed: 'quiet', active: 'quiet', suspended: 'bad' } as const satisfies Record<string, Tone>;

// State says how it is with a device: whether it is connected, else what its state is.
export function State({ device }: { device: Pick<Schemas['Device'], 'state' | 'connected'> }) {
  const w = useWords(words);
  if (device.connected) {
    return <Tag tone="good">{w.connected}</Tag>;
  }
  return <Tag tone={tones[device.state]}>{w[device.state]}</Tag>;
}
