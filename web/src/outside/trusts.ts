import type { Schemas } from '../api/client';
import { certificatesIn, type X509 } from '../certificates/x509';
import type { RevocationList } from './queries';

// A Trust is an authority that a profile trusts, and what is known of its certificates.
export interface Trust {
  profile: string;
  authority: X509;
  hard: boolean; // without a list that is up to date its certificates are refused
  list: RevocationList | undefined;
}

// trusts returns which profile trusts whom, and which of the lists is of whose certificates.
export function trusts(profiles: Pick<Schemas['Profile'], 'name' | 'chain'>[], lists: RevocationList[]): Trust[] {
  return profiles.flatMap((p) =>
    certificatesIn(p.chain?.ca ?? '').map((authority) => ({
      profile: p.name,
      authority,
      hard: p.chain?.revocation === 'hard',
      list: lists.find((l) => l.subject === authority.subject) ?? lists.find((l) => isBelow(l, authority)),
    })),
  );
}

// isBelow tells whether a list is of an intermediate that the authority has signed.
function isBelow(l: RevocationList, authority: X509): boolean {
  return certificatesIn(l.issuer ?? '').some((c) => c.issuer === authority.subject);
}
