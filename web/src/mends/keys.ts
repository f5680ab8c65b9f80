import { answer, api, type Schemas } from '../api/client';
import { seen, terms, until, type Chosen, type Outcome, type Plan, type Story } from './mend';

type Key = Schemas['ProvisionKey'];
type Change = Schemas['ProvisionKeyChange'];

// What lets a provision key let a device in that it has refused.

type KeyPlan = (key: Key, change: (body: Change) => Promise<unknown>, story: Story) => Outcome;

// ofKey makes a plan of what is to be done with the provision key that an attempt named.
function ofKey(plan: KeyPlan): Plan {
  return async (story) => {
    if (!story.key) {
      return [];
    }
    const path = { key: story.key };
    const [key, header] = await seen(api.GET('/v1/provision-keys/{key}', { params: { path } }));
    return plan(key, (body) => answer(api.PATCH('/v1/provision-keys/{key}', { params: { path, header }, body })), story);
  };
}

const past = (at: string | undefined) => !at || Date.parse(at) <= Date.now();

export const beginKey = ofKey((key, change) =>
  past(key.notBefore) ? 'mended' : [{ kind: 'beginKey', about: key.key, was: key.notBefore, apply: () => change({ notBefore: '' }) }],
);

export const extendKey = ofKey((key, change) =>
  !key.expiresAt || !past(key.expiresAt)
    ? 'mended'
    : [{ kind: 'extendKey', about: key.key, was: key.expiresAt, fields: [{ key: 'term', initial: '7', choices: terms }], apply: ({ term }) => change({ expiresAt: until(term) }) }],
);

export const resumeKey = ofKey((key) =>
  key.suspendedAt
    ? [{ kind: 'resumeKey', about: key.key, apply: () => answer(api.POST('/v1/provision-keys/{key}/resume', { params: { path: { key: key.id } } })) }]
    : 'mended',
);

export const raiseKey = ofKey((key, change) =>
  !key.maxDevices || key.devices < key.maxDevices
    ? 'mended'
    : [
        {
          kind: 'raiseKey',
          about: key.key,
          was: String(key.maxDevices),
          fields: [{ key: 'number', initial: String(key.devices + 1) }],
          apply: ({ number }) => change({ maxDevices: Number(number) }),
        },
      ],
);

// An address or a device that comes too often is refused for the same reason as one that comes too soon after others with its key. What was
// refused in particular tells them apart, and the rate that the key had then.
const byKey = /^the provision key lets in (\d+) new devices a second/;

export const raiseRate = ofKey((key, change, { detail }) => {
  const had = Number(byKey.exec(detail ?? '')?.[1]);
  if (!had || !key.rate) {
    return [];
  }
  return key.rate > had
    ? 'mended'
    : [
        {
          kind: 'raiseRate',
          about: key.key,
          was: String(key.rate),
          fields: [{ key: 'number', initial: String(key.rate * 2) }],
          apply: ({ number }: Chosen) => change({ rate: Number(number) }),
        },
      ];
});

export const loosenPattern = ofKey((key, change) =>
  key.namePattern
    ? [
        {
          kind: 'loosenPattern',
          about: key.key,
          was: key.namePattern,
          fields: [{ key: 'pattern', initial: key.namePattern }],
          apply: ({ pattern }: Chosen) => change({ namePattern: pattern }),
        },
      ]
    : 'mended',
);

export const admitNetwork = ofKey((key, change, { remote }) => {
  const networks = key.networks ?? [];
  const own = `${remote}/${remote?.includes(':') ? 128 : 32}`;
  if (networks.length === 0 || networks.includes(own)) {
    return 'mended';
  }
  return remote ? [{ kind: 'admitNetwork', about: key.key, was: networks.join(', '), apply: () => change({ networks: [...networks, own] }) }] : [];
});
