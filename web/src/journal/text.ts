import type { Schemas } from '../api/client';
import type { Speech } from '../words/said';
import { transportName } from './search';
import type { words } from './words';

const marks = { passed: '+', failed: '!', 'not reached': ' ' };

// asText writes an attempt as a text that can be sent to somebody. It has nothing secret in it, as the journal has not.
export function asText(s: Schemas['AttemptStory'], w: typeof words.en, said: Speech): string {
  const facts: [string, string | undefined][] = [
    [w.device, s.name],
    [w.profile, s.profile],
    [w.key, s.key],
    [w.from, s.remote],
    [w.shown, s.shown],
    [w.way, s.way && w[`way${s.way}`]],
    [w.outcome, s.reason ? `${s.reason}: ${said.title(s).text}` : w.letIn],
    [w.detail, said.aside(s)?.text],
    [w.todo, said.advice(s)?.text],
  ];
  const times = s.count > 1 ? `, ${w.times(String(s.count))}` : '';
  return [
    `${w.copyTitle(String(s.number))}, ${s.at}: ${w.over(w[`action${s.action}`], transportName(s.transport))}${times}`,
    ...facts.filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`),
    ...s.checks.map((c) => `[${marks[c.result]}] ${said.check(c).text}`),
    '',
  ].join('\n');
}
