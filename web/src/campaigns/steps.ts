import type { Tone } from '../parts/Tag';
import type { Campaign } from './queries';

export type Step = Exclude<keyof Campaign['progress'], 'selected'>;

// The steps that devices of a campaign are in, those that are furthest first.
export const steps = ['done', 'fetched', 'asked', 'waiting', 'overdue', 'failed', 'skipped', 'withdrawn'] as const satisfies readonly Step[];

export const stateTones: Record<Campaign['state'], Tone> = {
  planned: 'quiet',
  running: 'good',
  paused: 'care',
  done: 'quiet',
  'rolling-back': 'care',
  'rolled-back': 'quiet',
};

// goesOn tells whether a campaign has not ended.
export function goesOn(c: Campaign): boolean {
  return c.state === 'running' || c.state === 'paused' || c.state === 'rolling-back';
}

// spoken writes a duration of the server, such as 1h30m0s, without what is nothing in it.
export function spoken(duration: string): string {
  return duration.replace(/(?<=[hm])0[ms](?:0s)?$/, '').replace(/(?<=h)0m/, '') || duration;
}
