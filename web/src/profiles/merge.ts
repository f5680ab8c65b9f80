import type { Draft } from './draft';

// changes are the fields in which two drafts differ.
export function changes(from: Draft, to: Draft): (keyof Draft)[] {
  return (Object.keys(from) as (keyof Draft)[]).filter((field) => from[field] !== to[field]);
}

// merge returns theirs with what was typed over it, both having begun with base.
export function merge(base: Draft, mine: Draft, theirs: Draft): Draft {
  return { ...theirs, ...Object.fromEntries(changes(base, mine).map((field) => [field, mine[field]])) };
}
