import type { Schemas } from '../api/client';
import { lines } from '../parts/typed';

type Profile = Schemas['Profile'];
type Chain = Schemas['ChainRule'];

export const strategies = ['disabled', 'create', 'preprovisioned', 'x509-chain'] as const satisfies readonly Profile['strategy'][];
export const reprovisions = ['refuse', 'same-proof', 'hold'] as const satisfies readonly Profile['reprovision'][];
export const nameSources = ['common-name', 'san-dns', 'san-uri'] as const satisfies readonly Chain['nameFrom'][];
export const rotations = ['same-kind', 'any-kind', 'refuse'] as const satisfies readonly Profile['rotation'][];
export const revocations = ['soft', 'hard'] as const satisfies readonly Chain['revocation'][];
export const renewals = ['replace', 'add', 'refuse'] as const satisfies readonly Chain['renewal'][];

// A Draft is a profile as it is typed. What another strategy would need is kept while one looks, and not sent.
export interface Draft {
  name: string;
  description: string;
  sessions: string;
  retentionDays: string;
  audiences: string;
  maxLifetime: string;
  skew: string;
  outliveExp: boolean;
  reprovision: Profile['reprovision'];
  holdNew: boolean;
  hideReasons: boolean;
  rotation: Profile['rotation'];
  graceDays: string;
  strategy: Profile['strategy'];
  ca: string;
  cnPattern: string;
  nameFrom: (typeof nameSources)[number];
  allowCreate: boolean;
  renewal: (typeof renewals)[number];
  revocation: (typeof revocations)[number];
  ocsp: string;
  maxDevices: string;
  organization: string;
  unit: string;
  dnsNames: string;
  uris: string;
  days: string;
  server: boolean;
}

export const emptyDraft: Draft = {
  name: '',
  description: '',
  sessions: '1',
  retentionDays: '0',
  audiences: '',
  maxLifetime: '',
  skew: '',
  outliveExp: false,
  reprovision: 'refuse',
  holdNew: false,
  hideReasons: false,
  rotation: 'same-kind',
  graceDays: '30',
  strategy: 'create',
  ca: '',
  cnPattern: '(.*)',
  nameFrom: 'common-name',
  allowCreate: true,
  renewal: 'replace',
  revocation: 'soft',
  ocsp: '',
  maxDevices: '0',
  organization: '',
  unit: '',
  dnsNames: '',
  uris: '',
  days: '90',
  server: false,
};

// draftOf returns a profile as it is typed.
export function draftOf(p: Profile): Draft {
  const { chain, certificates: c } = p;
  return {
    ...emptyDraft,
    name: p.name,
    description: p.description ?? '',
    sessions: String(p.sessions),
    retentionDays: String(p.retentionDays ?? 0),
    audiences: (p.jwt?.audiences ?? []).join('\n'),
    maxLifetime: p.jwt?.maxLifetime ?? '',
    skew: p.jwt?.skew ?? '',
    outliveExp: p.jwt?.outliveExp ?? false,
    reprovision: p.reprovision,
    holdNew: p.holdNew ?? false,
    hideReasons: p.hideReasons ?? false,
    rotation: p.rotation,
    graceDays: String(p.graceDays),
    strategy: p.strategy,
    ca: chain?.ca ?? '',
    cnPattern: chain?.cnPattern ?? emptyDraft.cnPattern,
    nameFrom: chain?.nameFrom ?? emptyDraft.nameFrom,
    allowCreate: chain ? (chain.allowCreate ?? false) : emptyDraft.allowCreate,
    renewal: chain?.renewal ?? emptyDraft.renewal,
    revocation: chain?.revocation ?? emptyDraft.revocation,
    ocsp: chain?.ocsp ?? '',
    maxDevices: String(chain?.maxDevices ?? 0),
    organization: c?.organization ?? '',
    unit: c?.unit ?? '',
    dnsNames: (c?.dnsNames ?? []).join('\n'),
    uris: (c?.uris ?? []).join('\n'),
    days: String(c?.days || emptyDraft.days),
    server: c?.server ?? false,
  };
}

// bodyOf returns what of a draft is sent, for a new profile or for one that there is.
export function bodyOf(d: Draft, was?: Profile) {
  return { name: d.name, ...settingsOf(d, was) };
}

// settingsOf are all of it but the name. The parts of a profile are changed as a whole: what they hold that is not typed here stays
// as it was.
export function settingsOf(d: Draft, was?: Profile) {
  return {
    description: d.description,
    sessions: Number(d.sessions),
    retentionDays: Number(d.retentionDays),
    jwt: {
      ...was?.jwt,
      audiences: lines(d.audiences),
      maxLifetime: d.maxLifetime.trim() || undefined,
      skew: d.skew.trim() || undefined,
      outliveExp: d.outliveExp,
    },
    reprovision: d.reprovision,
    holdNew: d.holdNew,
    hideReasons: d.hideReasons,
    rotation: d.rotation,
    graceDays: Number(d.graceDays),
    strategy: d.strategy,
    chain: d.strategy === 'x509-chain' ? { ...was?.chain, ...chainOf(d) } : undefined,
    certificates: {
      ...was?.certificates,
      organization: d.organization,
      unit: d.unit,
      dnsNames: lines(d.dnsNames),
      uris: lines(d.uris),
      days: Number(d.days),
      server: d.server,
    },
  };
}

function chainOf(d: Draft): Chain {
  const { ca, cnPattern, nameFrom, allowCreate, renewal, revocation } = d;
  return { ca, cnPattern, nameFrom, allowCreate, renewal, revocation, ocsp: d.ocsp.trim() || undefined, maxDevices: Number(d.maxDevices) };
}

// asksWithKey tells whether devices get in with a provision key.
export function asksWithKey(strategy: Profile['strategy']): boolean {
  return strategy === 'create' || strategy === 'preprovisioned';
}

// randomText returns so many letters and digits that nobody can guess.
export function randomText(length: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let text = '';
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < 248 && text.length < length) {
        text += letters[byte % 62]; // 248 is four times 62: no letter is likelier than another
      }
    }
  }
  return text;
}
