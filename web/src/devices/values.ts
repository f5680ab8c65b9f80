import type { Schemas } from '../api/client';

// Values as people type them: JSON, and everything that is no JSON is a text.

export function parseValue(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value === null ? 'null' : value;
  } catch {
    return text;
  }
}

// valueText writes a value so that parseValue reads the same one.
export function valueText(value: unknown): string {
  if (typeof value === 'string' && parseValue(value) === value) {
    return value;
  }
  return JSON.stringify(value, null, typeof value === 'object' ? 2 : undefined);
}

type Latest = Record<string, Schemas['Reading']>;

// merge lays a sample over what was known: a value that was measured before the one that is shown is no news.
export function merge(was: Latest, sample: Schemas['Sample']): Latest {
  const now = { ...was };
  for (const [key, value] of Object.entries(sample.values)) {
    if (sample.ts >= (now[key]?.ts ?? 0)) {
      now[key] = { ts: sample.ts, value };
    }
  }
  return now;
}
