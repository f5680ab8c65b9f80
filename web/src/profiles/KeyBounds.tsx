import { Group, Textarea, TextInput } from '@mantine/core';
import type { Schemas } from '../api/client';
import form from '../parts/Form.module.css';
import { instant, lines, local } from '../parts/typed';
import { useWords } from '../words/words';
import { words } from './words';

export const emptyBounds = { from: '', until: '', most: '', rate: '', networks: '', pattern: '' };

type Bounds = typeof emptyBounds;

// KeyBounds say when, from where, for which names and how often a key opens.
export function KeyBounds({ value, change }: { value: Bounds; change: (b: Bounds) => void }) {
  const w = useWords(words);
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

// boundsOf returns those of a key as they are typed.
export function boundsOf(k: Schemas['ProvisionKey']): Bounds {
  return {
    from: local(k.notBefore),
    until: local(k.expiresAt),
    most: k.maxDevices ? String(k.maxDevices) : '',
    rate: k.rate ? String(k.rate) : '',
    networks: (k.networks ?? []).join('\n'),
    pattern: k.namePattern ?? '',
  };
}

// bodyOfBounds returns what of them a new key is made with.
export function bodyOfBounds(b: Bounds) {
  return {
    notBefore: instant(b.from),
    expiresAt: instant(b.until),
    maxDevices: Number(b.most) || undefined,
    rate: Number(b.rate) || undefined,
    networks: lines(b.networks),
    namePattern: b.pattern || undefined,
  };
}

// changeOfBounds returns what a key is changed to: what is empty is taken away.
export function changeOfBounds(b: Bounds) {
  return { notBefore: instant(b.from) ?? '', expiresAt: instant(b.until) ?? '', maxDevices: Number(b.most), rate: Number(b.rate), networks: lines(b.networks), namePattern: b.pattern };
}
