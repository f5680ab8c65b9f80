import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Ago } from '../parts/Ago';
import type { LongColumn } from '../parts/LongTable';
import { useWords } from '../words/words';
import type { Device } from './list';
import { State } from './State';
import { tagsText } from './tags';
import { words } from './words';

// The columns that a list of devices may have beside the name, in their order.
export const choosable = ['state', 'profile', 'label', 'tags', 'description', 'gateway', 'provisioned', 'created', 'id'] as const;
export type Choosable = (typeof choosable)[number];

const usual = { wide: 'state,profile,label,provisioned,created', narrow: 'state' };
const kept = 'muster-device-columns';

// chosenColumns are those that the URL says, else those that were chosen in this browser, else the usual ones.
export function chosenColumns(inURL: string | undefined, narrow: boolean): Choosable[] {
  const text = inURL ?? localStorage.getItem(kept) ?? (narrow ? usual.narrow : usual.wide);
  const names = text.split(',');
  return choosable.filter((c) => names.includes(c));
}

// keepColumns remembers a choice in this browser, and returns it as it stands in a URL.
export function keepColumns(chosen: readonly Choosable[]): string {
  const text = choosable.filter((c) => chosen.includes(c)).join(',') || 'name';
  localStorage.setItem(kept, text);
  return text;
}

export function useColumns(chosen: string): LongColumn<Device>[] {
  const w = useWords(words);
  return useMemo(() => {
    const all: Record<Choosable, LongColumn<Device>> = {
      state: { key: 'state', label: w.state, width: 130, cell: (d) => <State device={d} /> },
      profile: { key: 'profile', label: w.profile, width: 150, cell: (d) => d.profile },
      label: { key: 'label', label: w.label, width: 170, cell: (d) => d.label },
      tags: { key: 'tags', label: w.tags, width: 200, cell: (d) => tagsText(d.tags) },
      description: { key: 'description', label: w.description, width: 260, cell: (d) => d.description },
      gateway: { key: 'gateway', label: w.gateway, width: 96, cell: (d) => d.gateway && '✓' },
      provisioned: { key: 'provisioned', label: w.provisioned, sort: 'provisioned', width: 140, cell: (d) => d.provisionedAt && <Ago at={d.provisionedAt} /> },
      created: { key: 'created', label: w.created, sort: 'created', width: 136, cell: (d) => <Ago at={d.createdAt} /> },
      id: { key: 'id', label: w.id, width: 300, cell: (d) => <code>{d.id}</code> },
    };
    const name: LongColumn<Device> = {
      key: 'name',
      label: w.name,
      sort: 'name',
      cell: (d) => (
        <Link to="/devices/$name" params={{ name: d.name }} preload={false}>
          {d.name}
        </Link>
      ),
    };
    return [name, ...(chosen.split(',') as Choosable[]).flatMap((c) => all[c] ?? [])];
  }, [w, chosen]);
}
