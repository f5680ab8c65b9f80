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

export type Latest = Record<string, Schemas['Reading']>;

// merge lays readings over what was known: one that was measured before the one that is shown is no news.
export function merge(was: Latest, readings: Latest): Latest {
  const now = { ...was };
  for (const [key, reading] of Object.entries(readings)) {
    if (reading.ts >= (now[key]?.ts ?? 0)) {
      now[key] = reading;
    }
  }
  return now;
}

// readingsOf are the readings that a device has sent together.
export function readingsOf({ ts, values }: Schemas['Sample']): Latest {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { ts, value }]));
}
