import { Button } from '@mantine/core';
import { useState } from 'react';
import { ChoiceFilter, Filters, SearchFilter } from '../parts/Filters';
import { useProfileNames } from '../profiles/queries';
import { useWords } from '../words/words';
import { kinds, often, rare, soon, states, type Search } from './list';
import { words } from './words';

interface Props {
  search: Search;
  narrow: (change: Partial<Search>) => void;
}

// DeviceFilters narrow the list. Those that are rarely wanted are folded away until one of them holds.
export function DeviceFilters({ search, narrow }: Props) {
  const w = useWords(words);
  const profiles = useProfileNames();
  const holding = rare.filter((c) => search[c]).length;
  const [open, setOpen] = useState(holding > 0);
  const some = [...often, ...rare].some((c) => search[c]);
  const none = Object.fromEntries([...often, ...rare].map((c) => [c, undefined])) as Partial<Search>;
  return (
    <>
      <Filters>
        <SearchFilter label={w.search} value={search.search} onChange={(text) => narrow({ search: text || undefined })} />
        <ChoiceFilter label={w.profile} any={w.anyProfile} value={search.profile} all={profiles.map((p) => [p, p] as const)} onChange={(v) => narrow({ profile: v })} />
        <ChoiceFilter label={w.state} any={w.anyState} value={search.state} all={states.map((s) => [s, w[s]] as const)} onChange={(v) => narrow({ state: v })} />
        <ChoiceFilter
          label={w.connection}
          any={w.anyConnection}
          value={search.connected}
          all={[['true', w.connected] as const, ['false', w.away] as const]}
          onChange={(v) => narrow({ connected: v })}
        />
        <Button variant="subtle" color="gray" aria-expanded={open} onClick={() => setOpen(!open)}>
          {w.moreConditions(holding)}
        </Button>
        {some && (
          <Button variant="subtle" onClick={() => narrow(none)}>
            {w.clearConditions}
          </Button>
        )}
      </Filters>
      {open && (
        <Filters label={w.moreConditions(0)}>
          <SearchFilter label={w.prefix} value={search.prefix} onChange={(text) => narrow({ prefix: text || undefined })} />
          <SearchFilter label={w.inLabel} value={search.label} onChange={(text) => narrow({ label: text || undefined })} />
          <SearchFilter label={w.tagIs} value={search.tag} onChange={(text) => narrow({ tag: text || undefined })} />
          <SearchFilter label={w.letInBy} value={search.provisionKey} onChange={(text) => narrow({ provisionKey: text || undefined })} />
          <ChoiceFilter label={w.holds} any={w.anyCredential} value={search.credential} all={kinds.map((k) => [k, w[`kind${k}`]] as const)} onChange={(v) => narrow({ credential: v })} />
          <ChoiceFilter label={w.expires} any={w.anyEnd} value={search.expires} all={soon.map((days) => [days, w.endsIn(days)] as const)} onChange={(v) => narrow({ expires: v })} />
        </Filters>
      )}
    </>
  );
}
