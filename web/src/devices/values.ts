import type { Schemas } from '../api/client';

// Values as people type them: what is meant is said, or seen in what was typed.

export const valueKinds = ['text', 'number', 'boolean', 'json'] as const;
export type ValueKind = (typeof valueKinds)[number];

// kindOf returns what a value is.
export function kindOf(value: unknown): ValueKind {
  return typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : typeof value === 'string' ? 'text' : 'json';
}

// kindOfText returns what somebody who types this is likely to mean.
export function kindOfText(text: string): ValueKind {
  const plain = text.trim();
  if (plain === 'true' || plain === 'false') {
    return 'boolean';
  }
  if (numeric.test(plain)) {
    return 'number';
  }
  return /^[[{]/.test(plain) && 'value' in readJSON(plain) ? 'json' : 'text';
}

// A Read is a value, or why a text is none of that kind.
export type Read = { value: unknown } | { wrong: 'number' | 'inexact' | 'boolean' | 'json' | 'null' };

const numeric = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

export function readValue(kind: ValueKind, text: string): Read {
  const plain = text.trim();
  switch (kind) {
    case 'text':
      return { value: text };
    case 'boolean':
      return plain === 'true' || plain === 'false' ? { value: plain === 'true' } : { wrong: 'boolean' };
    case 'json':
      return readJSON(plain);
    case 'number': {
      const value = Number(plain);
      const whole = /^-?\d+$/.test(plain);
      return !numeric.test(plain) ? { wrong: 'number' } : Number.isFinite(value) && (!whole || Number.isSafeInteger(value)) ? { value } : { wrong: 'inexact' };
    }
  }
}

function readJSON(text: string): Read {
  try {
    const value: unknown = JSON.parse(text);
    return value === null ? { wrong: 'null' } : { value };
  } catch {
    return { wrong: 'json' };
  }
}

// valueText writes a value as it is typed.
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, typeof value === 'object' ? 2 : undefined);
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
