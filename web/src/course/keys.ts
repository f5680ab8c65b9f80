import type { Schemas } from '../api/client';

const most = 8; // that are shown at once

// keysOf reads which keys are shown, from the URL: those that the device has, or else a few that are numbers.
export function keysOf(text: string | undefined, latest: Record<string, Schemas['Reading']>): string[] {
  const all = Object.keys(latest).sort((a, b) => a.localeCompare(b));
  const named = (text?.split(',') ?? []).map(decoded).filter((key) => all.includes(key));
  if (named.length > 0) {
    return named.slice(0, most);
  }
  const numbers = all.filter((key) => typeof latest[key]?.value === 'number');
  return numbers.length > 0 ? numbers.slice(0, 3) : all.slice(0, 1);
}

// keysText writes what keysOf reads. A key may have a comma in it.
export function keysText(keys: readonly string[]): string {
  return keys.map(encodeURIComponent).join(',');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// toggled adds a key or takes it away. One is always shown, and never too many.
export function toggled(keys: readonly string[], key: string): string[] {
  return keys.includes(key) ? keys.filter((k) => k !== key || keys.length === 1) : [...keys, key].slice(-most);
}
