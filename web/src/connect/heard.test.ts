import { expect, it } from 'vitest';
import type { Schemas } from '../api/client';
import type { LiveEvent } from '../live/follow';
import { anew, compare, hear, nothing } from './heard';

const sought = { name: 'kitchen', remote: '10.0.0.5' };
const at = '2026-01-01T00:00:00Z';
const attempt = (a: Partial<Schemas['Attempt']>): LiveEvent => ({ event: 'attempt', at, attempt: { number: 1, at, count: 1, action: 'connect', transport: 'mqtt', ...a } });
const sample = { device: 'kitchen', deviceId: '1', ts: 1, values: { t: 21.5 } };
const reported: LiveEvent = { event: 'telemetry', at, telemetry: sample };

it('hears a value, and lets no late news of getting in take its place', () => {
  let heard = hear(nothing, attempt({ name: 'kitchen', device: '1' }), sought);
  expect(heard.now.is).toBe('in');
  heard = hear(heard, reported, sought);
  expect(heard.now).toEqual({ is: 'reported', sample });
  expect(hear(heard, attempt({ name: 'kitchen', device: '1' }), sought).now.is).toBe('reported');
});

it.each([
  ['that calls itself so', attempt({ name: 'kitchen', reason: 'token-unknown' }), 'refused'],
  ['from where the page is looked at, without a name', attempt({ remote: '10.0.0.5', reason: 'token-unknown' }), 'refused'],
  ['from there, by another name', attempt({ remote: '10.0.0.5', name: 'cellar', reason: 'token-unknown' }), 'silent'],
  ['from elsewhere', attempt({ remote: '10.9.9.9', reason: 'token-unknown' }), 'silent'],
  ['that only went away', attempt({ action: 'disconnect', name: 'kitchen', reason: 'taken-over' }), 'silent'],
])('is told of a refused one %s', (_, e, is) => {
  expect(hear(nothing, e, sought).now.is).toBe(is);
});

it('keeps the last strangers, and no device that is known', () => {
  let heard = nothing;
  for (let number = 1; number <= 5; number++) {
    heard = hear(heard, attempt({ number, remote: '10.9.9.9', reason: 'token-unknown' }), sought);
  }
  heard = hear(heard, attempt({ number: 6, device: '2', name: 'cellar', reason: 'payload-invalid' }), sought);
  expect(heard.strangers.map((s) => s.number)).toEqual([5, 4, 3]);
});

it('knows a new device by its key', () => {
  expect(hear(nothing, attempt({ action: 'provision', key: 'k', name: 'x', reason: 'provision-secret-wrong' }), { ...sought, key: 'k' }).now.is).toBe('refused');
});

it('keeps why a new device was not let in, whatever it tries then', () => {
  const joining = { ...sought, key: 'k' };
  let heard = hear(nothing, attempt({ number: 1, action: 'provision', key: 'k', name: 'kitchen', remote: '10.0.0.5', reason: 'provision-secret-wrong' }), joining);
  heard = hear(heard, attempt({ number: 2, remote: '10.0.0.5', reason: 'token-unknown' }), joining);
  expect(heard.now).toMatchObject({ is: 'refused', attempt: { number: 1 } });
});

it('begins anew, and takes late news of what was before for none', () => {
  const late = attempt({ name: 'kitchen', device: '1' });
  const heard = anew(hear(nothing, { ...reported, at: '2026-01-01T00:00:00.25Z' }, sought));
  expect(hear(heard, late, sought).now.is).toBe('silent');
  expect(hear(heard, { ...reported, at: '2026-01-01T00:00:01Z' }, sought).now.is).toBe('reported');
});

it('finds what was reported while nothing could be heard', () => {
  const old = { t: { ts: 1, value: 20 }, h: { ts: 1, value: 60 } };
  let heard = compare(nothing, old, 'kitchen');
  expect(heard.now.is).toBe('silent');
  expect(compare(heard, old, 'kitchen').now.is).toBe('silent');
  expect(compare(heard, { t: { ts: 9, value: 21 } }, 'cellar').now.is).toBe('silent');
  expect(compare(heard, { ...old, t: { ts: 2, value: 20 } }, 'kitchen').now).toMatchObject({ is: 'reported', sample: { ts: 2, values: { t: 20 } } });
  heard = anew(hear(heard, reported, sought));
  expect(compare(heard, { ...old, t: { ts: 1, value: 21.5 } }, 'kitchen').now.is).toBe('silent');
});
