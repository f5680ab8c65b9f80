import { answer, api, Refusal, type Schemas } from '../api/client';
import { seen, terms, until, type Chosen, type Header, type Mend, type Outcome, type Plan } from './mend';
import { ofProfile } from './profiles';

type Device = Schemas['DeviceView'];

// What lets a device in that was refused for something of its own.

const one = (name: string) => ({ params: { path: { name } } });

// found returns a device and the header that lets a change through if it is still so, undefined if there is none of the name.
async function found(name: string | undefined): Promise<[Device, Header] | undefined> {
  if (!name) {
    return undefined;
  }
  try {
    return await seen(api.GET('/v1/devices/{name}', one(name)));
  } catch (error) {
    if (error instanceof Refusal && error.problem.status === 404) {
      return undefined;
    }
    throw error;
  }
}

async function known(name: string | undefined): Promise<Device | undefined> {
  return (await found(name))?.[0];
}

export const resumeDevice: Plan = async (story) => {
  const device = await known(story.name);
  if (!device) {
    return [];
  }
  return device.state === 'suspended' ? [{ kind: 'resumeDevice', about: device.name, apply: () => answer(api.POST('/v1/devices/{name}/resume', one(device.name))) }] : 'mended';
};

export const listDevice: Plan = async ({ name, profile }) => {
  if (!name || !profile) {
    return [];
  }
  return (await known(name)) ? 'mended' : [{ kind: 'listDevice', about: name, was: profile, apply: () => answer(api.POST('/v1/devices', { body: { name, profile } })) }];
};

// askedAgain is for a device that is in and asks to be let in again.
export const askedAgain = ofProfile(async (profile, change, { name, reason }) => {
  const [device, header] = (await found(name)) ?? [];
  if (!device) {
    return reason === 'device-name-taken' ? 'mended' : [];
  }
  const mends: Mend[] = [];
  if (device.profile === profile.name) {
    if (profile.reprovision === 'hold') {
      return 'mended';
    }
    if (profile.reprovision === 'refuse') {
      mends.push({ kind: 'hold', about: profile.name, apply: () => change({ reprovision: 'hold' }) });
    }
  }
  if (reason === 'device-name-taken') {
    mends.push({ kind: 'removeDevice', about: device.name, loses: true, apply: () => answer(api.DELETE('/v1/devices/{name}', { params: { path: { name: device.name }, header } })) });
  }
  return mends;
});

// approve lets in who waits, or was rejected, if it is plain which request is meant.
export const approve: Plan = async ({ name, profile, remote }) => {
  if (!name) {
    return [];
  }
  const { items } = await answer(api.GET('/v1/pending', { params: { query: { name, profile } } }));
  const theirs = items.filter((p) => p.remote === remote);
  const open = theirs.filter((p) => p.state !== 'approved');
  const [meant] = open;
  if (open.length === 1 && meant && meant.rivals === 0) {
    return [{ kind: 'approve', about: name, was: meant.asks, apply: () => answer(api.POST('/v1/pending/{id}/approve', { params: { path: { id: meant.id } } })) }];
  }
  return theirs.length > 0 && open.length === 0 ? 'mended' : [];
};

// ofCredential is for the one credential of a device that is kept out by its dates. Those of a certificate are in itself.
function ofCredential(state: 'expired' | 'waiting', kind: Mend['kind'], mend: (from: Schemas['Credential']) => Pick<Mend, 'was' | 'fields'> & { body: (chosen: Chosen) => Schemas['CredentialChange'] }): Plan {
  return async (story): Promise<Outcome> => {
    const device = await known(story.name);
    const late = device?.credentials.filter((c) => c.state === state && c.kind !== 'X509_CERTIFICATE') ?? [];
    const [credential] = late;
    if (!device || !credential || late.length !== 1) {
      return [];
    }
    const path = { name: device.name, id: credential.id };
    const [now, header] = await seen(api.GET('/v1/devices/{name}/credentials/{id}', { params: { path } }));
    const { body, ...rest } = mend(now);
    return [{ kind, about: device.name, ...rest, apply: (chosen) => answer(api.PATCH('/v1/devices/{name}/credentials/{id}', { params: { path, header }, body: body(chosen) })) }];
  };
}

export const extendCredential = ofCredential('expired', 'extendCredential', (c) => ({
  was: c.expiresAt,
  fields: [{ key: 'term', initial: '30', choices: terms }],
  body: ({ term }) => ({ expiresAt: until(term) }),
}));

export const beginCredential = ofCredential('waiting', 'beginCredential', (c) => ({ was: c.notBefore, body: () => ({ notBefore: '' }) }));

// register gives what a stranger has shown to a device, which is made if there is none of the name.
async function register(kind: Mend['kind'], name: string | undefined, evidence: Pick<Schemas['NewDevice'], 'certificate' | 'mqttClientId'>): Promise<Mend[]> {
  const profiles = (await answer(api.GET('/v1/profiles', { params: { query: { limit: 1000 } } }))).items.map((p) => p.name);
  const profile = profiles.find((p) => p === 'default') ?? profiles[0] ?? '';
  return [
    {
      kind,
      about: name ?? '',
      fields: [
        { key: 'device', initial: name ?? '' },
        { key: 'profile', initial: profile, choices: profiles },
      ],
      apply: async (chosen) => {
        const device = chosen.device?.trim() ?? '';
        return (await known(device))
          ? answer(api.POST('/v1/devices/{name}/credentials', { ...one(device), body: evidence }))
          : answer(api.POST('/v1/devices', { body: { name: device, profile: chosen.profile, ...evidence } }));
      },
    },
  ];
}

export const registerCertificate: Plan = async ({ certificate, name }) => {
  if (!certificate) {
    return [];
  }
  const verdict = await answer(api.POST('/v1/check/certificate', { body: { certificate } }));
  return verdict.admitted ? 'mended' : register('registerCertificate', name, { certificate });
};

export const registerClient: Plan = ({ name }) => (name ? register('registerClient', name, { mqttClientId: name }) : []);
