import { beforeEach, expect, it, vi } from 'vitest';

// The attributes of a scope on a server, by key, and what others do between two requests.
let kept: Record<string, unknown> = {};
let version = 0;
let meanwhile: (() => void)[] = [];
let asked: string[] = [];

vi.stubGlobal('window', { location: { origin: 'http://muster.test' } });
vi.stubGlobal('fetch', async (request: Request) => {
  const answer = () => Response.json({ items: Object.entries(kept).map(([key, value]) => ({ scope: 'shared', key, value })) }, { headers: { ETag: `"v${version}"` } });
  if (request.method === 'GET') {
    const seen = answer();
    meanwhile.shift()?.();
    return seen;
  }
  const text = await request.text();
  asked.push(`${text} ${request.headers.get('If-Match')}`);
  if (request.headers.get('If-Match') !== `"v${version}"`) {
    return Response.json({ reason: 'version-stale', status: 412, detail: '' }, { status: 412 });
  }
  for (const [key, value] of Object.entries(JSON.parse(text) as object)) {
    set(key, value);
  }
  return answer();
});
const { changeAttribute, Overtaken } = await import('./attributes');

function set(key: string, value: unknown) {
  const { [key]: _, ...others } = kept;
  kept = value === null ? others : { ...others, [key]: value };
  version++;
}

beforeEach(() => {
  [kept, version, meanwhile, asked] = [{ interval: 30 }, 1, [], []];
});

const change = (key: string, was: unknown, value?: unknown) => changeAttribute('pump', { scope: 'shared', key, was, value });

it('adds, changes and removes an attribute, if it is as it was seen', async () => {
  await change('mode', undefined, 'eco');
  await change('interval', 30, { every: [1, 2] });
  await change('mode', 'eco');
  expect(kept).toEqual({ interval: { every: [1, 2] } });
  expect(asked).toEqual(['{"mode":"eco"} "v1"', '{"interval":{"every":[1,2]}} "v2"', '{"mode":null} "v3"']);
});

it('is not held up by who changes another attribute at the same moment', async () => {
  meanwhile = [() => set('mode', 'eco'), () => set('mode', 'full')];
  await change('interval', 30, 60);
  expect(kept).toEqual({ interval: 60, mode: 'full' });
});

it.each<[who: string, now: unknown, act: () => Promise<void>]>([
  ['has changed it', 45, () => change('interval', 30, 60)],
  ['has changed it, and it was to be removed', 45, () => change('interval', 30)],
  ['has removed it', undefined, () => change('interval', 30, 60)],
  ['has added it', 'eco', () => change('mode', undefined, 'full')],
])('changes nothing where somebody else %s meanwhile, a moment ago too', async (_, now, act) => {
  const key = now === 'eco' ? 'mode' : 'interval';
  const theirs = () => set(key, now ?? null);
  for (const after of [false, true]) {
    [kept, meanwhile] = [{ interval: 30 }, after ? [theirs] : []];
    if (!after) {
      theirs();
    }
    const error = await act().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Overtaken);
    expect((error as InstanceType<typeof Overtaken>).now).toEqual(now);
    expect(kept[key]).toEqual(now);
  }
});

it('asks nothing where it is so already', async () => {
  await change('interval', 20, 30);
  await change('mode', 'eco');
  expect(asked).toEqual([]);
});
