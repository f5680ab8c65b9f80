import type { Schemas } from '../api/client';
import { transportName } from './search';

const marks = { passed: '+', failed: '!', 'not reached': ' ' };

// asText writes an attempt as a text that can be sent to somebody. It has nothing secret in it, as the journal has not.
export function asText(s: Schemas['AttemptStory']): string {
  const facts: [string, string | undefined][] = [
    ['Name', s.name],
    ['Profile', s.profile],
    ['Provision key', s.key],
    ['Showed', s.shown],
    ['Way', s.way],
    ['Outcome', s.reason ? `${s.reason}: ${s.title ?? ''}` : 'let in'],
    ['Detail', s.detail === s.title ? undefined : s.detail],
    ['What to do', s.advice],
  ];
  const times = s.count > 1 ? `, ${s.count} times` : '';
  return [
    `Attempt ${s.number}, ${s.at}: ${s.action} over ${transportName(s.transport)}${s.remote ? ` from ${s.remote}` : ''}${times}`,
    ...facts.filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`),
    ...s.checks.map((c) => `[${marks[c.result]}] ${c.asks}`),
    '',
  ].join('\n');
}
