import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { follow, url, type LiveEvent } from './follow';

// A Source stands for the browser's EventSource.
class Source {
  static readonly CLOSED = 2;
  static all: Source[] = [];
  readyState = 1;
  onopen?: () => void;
  onerror?: () => void;
  heard = new Map<string, (m: { data: string; lastEventId: string }) => void>();
  constructor(readonly url: string) {
    Source.all.push(this);
  }
  addEventListener(name: string, hear: (m: { data: string; lastEventId: string }) => void) {
    this.heard.set(name, hear);
  }
  close() {
    this.readyState = Source.CLOSED;
  }
}

const page = Object.assign(new EventTarget(), { hidden: false });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('document', page);
  Source.all = [];
  page.hidden = false;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('asks for what is wished, behind the last event', () => {
  expect(url({ kind: ['attempts', 'traffic'], device: 'a&b' }, 'x1')).toBe('/v1/events?kind=attempts&kind=traffic&device=a%26b&after=x1');
});

it('goes on where the server cut it off, ever more patiently', () => {
  const events: LiveEvent[] = [];
  const stop = follow({ kind: ['attempts'] }, { hear: (e) => events.push(e), missed: () => {}, live: () => {} });
  const [first] = Source.all;
  first?.heard.get('attempt')?.({ data: '{"event":"attempt","at":"2026-01-01T00:00:00Z"}', lastEventId: 'e7' });
  expect(events).toHaveLength(1);
  first?.close();
  first?.onerror?.();
  vi.advanceTimersByTime(999);
  expect(Source.all).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(Source.all[1]?.url).toContain('after=e7');
  Source.all[1]?.close();
  Source.all[1]?.onerror?.();
  vi.advanceTimersByTime(1_000);
  expect(Source.all).toHaveLength(2);
  stop();
  vi.advanceTimersByTime(60_000);
  expect(Source.all).toHaveLength(2);
});

it('tells of what it does not have, and goes on from where it began', () => {
  let gaps = 0;
  const stop = follow({ kind: ['attempts'] }, { hear: () => expect.fail(), missed: () => gaps++, live: () => {} });
  Source.all[0]?.heard.get('begin')?.({ data: '{"event":"begin"}', lastEventId: 'e1' });
  expect(gaps).toBe(1);
  page.hidden = true;
  page.dispatchEvent(new Event('visibilitychange'));
  page.hidden = false;
  page.dispatchEvent(new Event('visibilitychange'));
  expect(Source.all[1]?.url).toContain('after=e1');
  Source.all[1]?.heard.get('lost')?.({ data: '{"event":"lost"}', lastEventId: '' });
  expect(gaps).toBe(2);
  stop();
});

it('rests while nobody looks', () => {
  const flows: boolean[] = [];
  const stop = follow({ kind: ['traffic'] }, { hear: () => {}, missed: () => {}, live: (is) => flows.push(is) });
  page.hidden = true;
  page.dispatchEvent(new Event('visibilitychange'));
  expect(Source.all[0]?.readyState).toBe(Source.CLOSED);
  page.hidden = false;
  page.dispatchEvent(new Event('visibilitychange'));
  expect(Source.all).toHaveLength(2);
  expect(flows).toEqual([false]);
  stop();
});
