import { Group, Textarea, TextInput } from '@mantine/core';
import form from '../parts/Form.module.css';
import { useWords } from '../words/words';
import type { Bounds } from './bounds';
import { keyWords } from './keyWords';

// KeyBounds say when, from where, for which names and how often a key opens.
export function KeyBounds({ value, change }: { value: Bounds; change: (b: Bounds) => void }) {
  const w = useWords(keyWords);
  const set = (part: Partial<Bounds>) => change({ ...value, ...part });
  return (
    <>
      <Group grow align="flex-start">
        <TextInput type="datetime-local" label={w.from} value={value.from} onChange={(e) => set({ from: e.currentTarget.value })} />
        <TextInput type="datetime-local" label={w.until} value={value.until} onChange={(e) => set({ until: e.currentTarget.value })} />
      </Group>
      <Group grow align="flex-start">
        <TextInput type="number" min={0} label={w.maxDevices} description={w.emptyAlways} value={value.most} onChange={(e) => set({ most: e.currentTarget.value })} />
        <TextInput type="number" min={0} max={1_000_000} label={w.rate} description={w.rateHint} value={value.rate} onChange={(e) => set({ rate: e.currentTarget.value })} />
      </Group>
      <Textarea label={w.networks} description={w.networksHint} autosize minRows={1} spellCheck={false} value={value.networks} onChange={(e) => set({ networks: e.currentTarget.value })} />
      <TextInput
        label={w.namePattern}
        description={w.namePatternHint}
        spellCheck={false}
        classNames={{ input: form.mono ?? '' }}
        value={value.pattern}
        onChange={(e) => set({ pattern: e.currentTarget.value })}
      />
    </>
  );
}
