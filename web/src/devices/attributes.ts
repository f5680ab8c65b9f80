import { answer, api, isStale, versioned, type Schemas } from '../api/client';

export type Attribute = Schemas['Attribute'];
export type Scope = Attribute['scope'];

// A Change is of one attribute: what it was when somebody decided so, and what it is to be. Without a value there was none, or there is
// to be none.
export interface Change {
  scope: Scope;
  key: string;
  was?: unknown;
  value?: unknown;
}

// An Overtaken change was not made: somebody else has changed the attribute meanwhile.
export class Overtaken extends Error {
  readonly now: unknown; // undefined: it has been removed

  constructor(now: unknown) {
    super('somebody else has changed the attribute meanwhile');
    this.now = now;
  }
}

const tries = 5; // a device may change others of its own at the same time

// changeAttribute makes a change if the attribute still is what it was. What becomes of others of the scope meanwhile does not matter.
export async function changeAttribute(name: string, { scope, key, was, value }: Change): Promise<void> {
  const path = { name, scope };
  for (let left = tries; ; left--) {
    const { items, version } = await versioned(api.GET('/v1/devices/{name}/attributes/{scope}', { params: { path } }));
    const now = items.find((a) => a.key === key)?.value;
    if (same(now, value)) {
      return;
    }
    if (!same(now, was)) {
      throw new Overtaken(now);
    }
    try {
      await answer(api.PATCH('/v1/devices/{name}/attributes/{scope}', { params: { path, header: { 'If-Match': [version] } }, body: { [key]: value ?? null } }));
      return;
    } catch (error) {
      if (!isStale(error) || left === 1) {
        throw error;
      }
    }
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
