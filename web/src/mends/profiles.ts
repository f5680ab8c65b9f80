import { answer, api, type Schemas } from '../api/client';
import { seen, type Chosen, type Outcome, type Plan, type Story } from './mend';

type Profile = Schemas['Profile'];
type Change = Schemas['ProfileChange'];

// What lets a profile let a device in that it has refused.

type ProfilePlan = (profile: Profile, change: (body: Change) => Promise<unknown>, story: Story) => Outcome | Promise<Outcome>;

// ofProfile makes a plan of what is to be done with the profile of an attempt.
export function ofProfile(plan: ProfilePlan): Plan {
  return async (story) => {
    if (!story.profile) {
      return [];
    }
    const path = { name: story.profile };
    const [profile, header] = await seen(api.GET('/v1/profiles/{name}', { params: { path } }));
    return plan(profile, (body) => answer(api.PATCH('/v1/profiles/{name}', { params: { path, header }, body })), story);
  };
}

export const openProfile = ofProfile((profile, change) =>
  profile.strategy !== 'disabled'
    ? 'mended'
    : [
        {
          kind: 'openProfile',
          about: profile.name,
          fields: [{ key: 'strategy', initial: 'preprovisioned', choices: ['preprovisioned', 'create'] }],
          apply: ({ strategy }: Chosen) => change({ strategy: strategy as Profile['strategy'] }),
        },
      ],
);

export const raiseProfile = ofProfile(({ name, chain }, change) =>
  chain?.maxDevices
    ? [
        {
          kind: 'raiseProfile',
          about: name,
          was: String(chain.maxDevices),
          fields: [{ key: 'number', initial: String(chain.maxDevices + 1) }],
          apply: ({ number }: Chosen) => change({ chain: { ...chain, maxDevices: Number(number) } }),
        },
      ]
    : 'mended',
);

export const rotateSame = ofProfile(({ name, rotation }, change) =>
  rotation === 'refuse' ? [{ kind: 'rotateSame', about: name, apply: () => change({ rotation: 'same-kind' }) }] : 'mended',
);

export const rotateAny = ofProfile(({ name, rotation }, change) =>
  rotation === 'any-kind' ? 'mended' : [{ kind: 'rotateAny', about: name, apply: () => change({ rotation: 'any-kind' }) }],
);

export const replaceCertificate = ofProfile(({ name, chain }, change) =>
  chain?.renewal === 'refuse' ? [{ kind: 'replaceCertificate', about: name, apply: () => change({ chain: { ...chain, renewal: 'replace' } }) }] : [],
);

export const softRevocation = ofProfile(({ name, chain }, change) =>
  chain?.revocation === 'hard' ? [{ kind: 'softRevocation', about: name, apply: () => change({ chain: { ...chain, revocation: 'soft' } }) }] : 'mended',
);

const lifetimes = ['48h', '168h', '720h'];

// The ten minutes that a proof may live for are nobody's to change.
export const longerJWT = ofProfile(({ name, jwt }, change, { action }) => {
  const most = jwt?.maxLifetime ?? '24h';
  const choices = lifetimes.filter((l) => Number.parseInt(l) > Number.parseInt(most));
  const [initial] = choices;
  if (action !== 'connect' || !initial || !/^\d+h/.test(most)) {
    return [];
  }
  return [
    {
      kind: 'longerJWT',
      about: name,
      was: most,
      fields: [{ key: 'lifetime', initial, choices }],
      apply: ({ lifetime }: Chosen) => change({ jwt: { ...jwt, maxLifetime: lifetime } }),
    },
  ];
});
