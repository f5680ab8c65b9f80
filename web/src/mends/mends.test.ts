import { beforeEach, expect, it, vi } from 'vitest';
import type { Story } from './mend';

// The answers of a server, by method and path, and what it was asked to change.
let answers: Record<string, unknown> = {};
let changes: string[] = [];

vi.stubGlobal('window', { location: { origin: 'http://muster.test' } });
vi.stubGlobal('fetch', async (request: Request) => {
  const { pathname, search } = new URL(request.url);
  const name = `${request.method} ${pathname}${search}`;
  const body = await request.text();
  if (request.method !== 'GET' && !pathname.startsWith('/v1/check')) {
    changes.push([name, body, request.headers.get('If-Match')].filter(Boolean).join(' '));
    return Response.json({});
  }
  return name in answers
    ? Response.json(answers[name], { headers: { ETag: '"v1"' } })
    : Response.json({ reason: 'not-found', status: 404, detail: 'there is no such thing' }, { status: 404 });
});
const { isMendable, mendsOf } = await import('./mendsOf');
const { isWhole } = await import('./mend');

beforeEach(() => {
  answers = {};
  changes = [];
});

const story = (reason: Story['reason'], about: Partial<Story> = {}): Story => ({
  number: 7,
  at: '2026-03-01T00:00:00Z',
  count: 1,
  action: 'provision',
  transport: 'http',
  remote: '192.0.2.17',
  name: 'pump',
  profile: 'yard',
  key: 'yard-key',
  reason,
  checks: [],
  ...about,
});

const key = (of: object) => ({ 'GET /v1/provision-keys/yard-key': { id: 'k1', key: 'yard-key', profile: 'yard', devices: 3, ...of } });
const profile = (of: object) => ({ 'GET /v1/profiles/yard': { name: 'yard', strategy: 'create', reprovision: 'refuse', ...of } });
const device = (of: object) => ({ 'GET /v1/devices/pump': { name: 'pump', profile: 'yard', state: 'active', credentials: [], ...of } });
const pending = (...items: object[]) => ({ 'GET /v1/pending?name=pump&profile=yard': { items } });
const tooSoon = { detail: 'the provision key lets in 5 new devices a second; try again later' };
const credential = { id: 'c1', kind: 'ACCESS_TOKEN' };
const ca = { ca: 'PEM', cnPattern: '(.*)' };

// What a server knows, and what the first thing that can be done about a reason asks of it.
it.each<[reason: Story['reason'], known: object, change: string, about?: Partial<Story>]>([
  ['provision-disabled', profile({ strategy: 'disabled' }), 'PATCH /v1/profiles/yard {"strategy":"preprovisioned"} "v1"'],
  ['provision-key-not-yet-valid', key({ notBefore: '2999-01-01T00:00:00Z' }), 'PATCH /v1/provision-keys/yard-key {"notBefore":""} "v1"'],
  ['provision-key-suspended', key({ suspendedAt: '2026-01-01T00:00:00Z' }), 'POST /v1/provision-keys/k1/resume'],
  ['provision-key-exhausted', key({ maxDevices: 3 }), 'PATCH /v1/provision-keys/yard-key {"maxDevices":4} "v1"'],
  ['provision-key-network', key({ networks: ['10.0.0.0/8'] }), 'PATCH /v1/provision-keys/yard-key {"networks":["10.0.0.0/8","192.0.2.17/32"]} "v1"'],
  ['provision-key-network', key({ networks: ['10.0.0.0/8'] }), 'PATCH /v1/provision-keys/yard-key {"networks":["10.0.0.0/8","2001:db8::1/128"]} "v1"', { remote: '2001:db8::1' }],
  ['device-name-pattern', key({ namePattern: 'p-.*' }), 'PATCH /v1/provision-keys/yard-key {"namePattern":"p-.*"} "v1"'],
  ['rate-limited', key({ rate: 5 }), 'PATCH /v1/provision-keys/yard-key {"rate":10} "v1"', tooSoon],
  ['provision-pending', pending({ id: 'p1', state: 'waiting', remote: '192.0.2.17', rivals: 0 }), 'POST /v1/pending/p1/approve'],
  ['provision-rejected', pending({ id: 'p1', state: 'rejected', remote: '192.0.2.17', rivals: 0 }), 'POST /v1/pending/p1/approve'],
  ['device-not-listed', {}, 'POST /v1/devices {"name":"pump","profile":"yard"}'],
  ['device-name-taken', { ...profile({}), ...device({}) }, 'PATCH /v1/profiles/yard {"reprovision":"hold"} "v1"'],
  ['device-name-taken', { ...profile({}), ...device({ profile: 'other' }) }, 'DELETE /v1/devices/pump "v1"'],
  ['device-already-provisioned', { ...profile({}), ...device({}) }, 'PATCH /v1/profiles/yard {"reprovision":"hold"} "v1"'],
  ['profile-exhausted', profile({ chain: { ...ca, maxDevices: 9 } }), 'PATCH /v1/profiles/yard {"chain":{"ca":"PEM","cnPattern":"(.*)","maxDevices":10}} "v1"'],
  ['rotation-refused', profile({ rotation: 'refuse' }), 'PATCH /v1/profiles/yard {"rotation":"same-kind"} "v1"'],
  ['rotation-kind-refused', profile({ rotation: 'same-kind' }), 'PATCH /v1/profiles/yard {"rotation":"any-kind"} "v1"'],
  ['certificate-renewal-refused', profile({ chain: { ...ca, renewal: 'refuse' } }), 'PATCH /v1/profiles/yard {"chain":{"ca":"PEM","cnPattern":"(.*)","renewal":"replace"}} "v1"'],
  ['revocation-unknown', profile({ chain: { ...ca, revocation: 'hard' } }), 'PATCH /v1/profiles/yard {"chain":{"ca":"PEM","cnPattern":"(.*)","revocation":"soft"}} "v1"'],
  ['jwt-lifetime-too-long', profile({ jwt: { skew: '10m0s' } }), 'PATCH /v1/profiles/yard {"jwt":{"skew":"10m0s","maxLifetime":"48h"}} "v1"', { action: 'connect' }],
  ['device-suspended', device({ state: 'suspended' }), 'POST /v1/devices/pump/resume'],
  [
    'credential-not-yet-valid',
    { ...device({ credentials: [{ ...credential, state: 'waiting' }] }), 'GET /v1/devices/pump/credentials/c1': credential },
    'PATCH /v1/devices/pump/credentials/c1 {"notBefore":""} "v1"',
  ],
  [
    'certificate-unknown',
    { 'POST /v1/check/certificate': { admitted: false }, 'GET /v1/profiles?limit=1000': { items: [{ name: 'default' }] } },
    'POST /v1/devices {"name":"pump","profile":"default","certificate":"PEM"}',
    { certificate: 'PEM' },
  ],
  ['client-id-unknown', { ...device({}), 'GET /v1/profiles?limit=1000': { items: [{ name: 'yard' }] } }, 'POST /v1/devices/pump/credentials {"mqttClientId":"pump"}'],
])('mends %s', async (reason, known, change, about) => {
  answers = { ...known };
  const mends = await mendsOf(story(reason, about));
  const [mend] = mends === 'mended' ? [] : mends;
  await mend?.apply(Object.fromEntries(mend.fields?.map((f) => [f.key, f.initial]) ?? []));
  expect(changes).toEqual([change]);
  expect(isMendable(reason)).toBe(true);
});

it('extends what has expired from now on, and not from when it did', async () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 2, 1), toFake: ['Date'] });
  answers = {
    ...key({ expiresAt: '2026-01-01T00:00:00Z' }),
    ...device({ credentials: [{ ...credential, state: 'expired' }] }),
    'GET /v1/devices/pump/credentials/c1': credential,
  };
  for (const [reason, term] of [['provision-key-expired', '7'], ['credential-expired', 'ever']] as const) {
    const mends = await mendsOf(story(reason));
    await (mends === 'mended' ? undefined : mends[0]?.apply({ term }));
  }
  vi.useRealTimers();
  expect(changes).toEqual([
    'PATCH /v1/provision-keys/yard-key {"expiresAt":"2026-03-08T00:00:00.000Z"} "v1"',
    'PATCH /v1/devices/pump/credentials/c1 {"expiresAt":""} "v1"',
  ]);
});

it.each<[reason: Story['reason'], known: object, about?: Partial<Story>]>([
  ['provision-key-exhausted', key({ maxDevices: 4 })],
  ['rate-limited', key({ rate: 6 }), tooSoon],
  ['provision-key-network', key({})],
  ['provision-key-suspended', key({})],
  ['provision-key-expired', key({ expiresAt: '2999-01-01T00:00:00Z' })],
  ['provision-pending', pending({ id: 'p1', state: 'approved', remote: '192.0.2.17', rivals: 0 })],
  ['device-name-taken', profile({})],
  ['device-suspended', device({})],
  ['device-not-listed', device({})],
])('tells that what failed with %s is mended already', async (reason, known, about) => {
  answers = { ...known };
  expect(await mendsOf(story(reason, about))).toBe('mended');
});

it.each([
  ['number', '', false],
  ['number', '0', false],
  ['number', '1e3', false],
  ['number', '12', true],
  ['pattern', '', true],
  ['device', ' ', false],
] as const)('takes a %s that is %j: %j', (field, value, whole) => {
  expect(isWhole(field, value)).toBe(whole);
});

it.each<[about: string, story: Story, known: object]>([
  ['what the device has to change', story('provision-secret-wrong'), {}],
  ['a key that is gone', story('provision-key-exhausted'), {}],
  ['a name that several ask for', story('provision-pending'), pending({ id: 'p1', state: 'waiting', remote: '192.0.2.17', rivals: 1 })],
  ['a certificate that is forgotten', story('certificate-unknown'), {}],
  ['a certificate that has expired', story('credential-expired'), device({ credentials: [{ id: 'c1', kind: 'X509_CERTIFICATE', state: 'expired' }] })],
  ['an address that asks too often', story('rate-limited', { key: undefined, detail: 'too many failures from this address; refused for a minute' }), key({ rate: 5 })],
  ['an address that asks too often with a key', story('rate-limited', { detail: 'too many failures from this address; refused for a minute' }), key({ rate: 5 })],
  ['a device that proves itself too often', story('rate-limited', { detail: 'the device has proved itself 64 times within minutes; try again later' }), key({ rate: 5 })],
  ['the rate that all keys have', story('rate-limited', tooSoon), key({})],
])('offers nothing about %s', async (_, told, known) => {
  answers = { ...known };
  expect(await mendsOf(told)).toEqual([]);
});
