import type { Schemas } from '../api/client';

type Profile = Schemas['Profile'];
type Chain = Schemas['ChainRule'];

export const strategies = ['disabled', 'create', 'preprovisioned', 'x509-chain'] as const satisfies readonly Profile['strategy'][];
export const reprovisions = ['refuse', 'same-proof', 'hold'] as const satisfies readonly Profile['reprovision'][];
export const nameSources = ['common-name', 'san-dns', 'san-uri'] as const satisfies readonly Chain['nameFrom'][];
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
  strategy: Profile['strategy'];
  ca: string;
  cnPattern: string;
  nameFrom: (typeof nameSources)[number];
  allowCreate: boolean;
  renewal: (typeof renewals)[number];
  maxDevices: string;
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
  strategy: 'create',
  ca: '',
  cnPattern: '(.*)',
  nameFrom: 'common-name',
  allowCreate: true,
  renewal: 'replace',
  maxDevices: '0',
};

// draftOf returns a profile as it is typed.
export function draftOf(p: Omit<Profile, 'rotation' | 'graceDays'>): Draft {
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
    strategy: p.strategy,
    ca: p.chain?.ca ?? '',
    cnPattern: p.chain?.cnPattern ?? emptyDraft.cnPattern,
    nameFrom: p.chain?.nameFrom ?? emptyDraft.nameFrom,
    allowCreate: p.chain ? (p.chain.allowCreate ?? false) : emptyDraft.allowCreate,
    renewal: p.chain?.renewal ?? emptyDraft.renewal,
    maxDevices: String(p.chain?.maxDevices ?? 0),
  };
}

// bodyOf returns what of a draft is sent.
export function bodyOf(d: Draft) {
  return {
    name: d.name,
    description: d.description,
    sessions: Number(d.sessions),
    retentionDays: Number(d.retentionDays),
    jwt: {
      audiences: lines(d.audiences),
      maxLifetime: d.maxLifetime.trim() || undefined,
      skew: d.skew.trim() || undefined,
      outliveExp: d.outliveExp,
    },
    reprovision: d.reprovision,
    holdNew: d.holdNew,
    hideReasons: d.hideReasons,
    strategy: d.strategy,
    chain:
      d.strategy === 'x509-chain'
        ? { ca: d.ca, cnPattern: d.cnPattern, nameFrom: d.nameFrom, allowCreate: d.allowCreate, renewal: d.renewal, maxDevices: Number(d.maxDevices) }
        : undefined,
  };
}

// asksWithKey tells whether devices get in with a provision key.
export function asksWithKey(strategy: Profile['strategy']): boolean {
  return strategy === 'create' || strategy === 'preprovisioned';
}

export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
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

// nameIn returns what a pattern finds in a name: null where it finds nothing, undefined where it is no pattern.
export function nameIn(pattern: string, name: string): string | null | undefined {
  try {
    return new RegExp(pattern).exec(name)?.[1] || null;
  } catch {
    return undefined;
  }
}
