import { useMutation } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { Ago } from '../parts/Ago';
import { Confirm } from '../parts/Confirm';
import { useWords } from '../words/words';
import { renewTokens } from './queries';
import type { Token } from './tokens';
import { words } from './words';

// RevokeToken asks before a token is revoked, whichever way it is asked for: as an admin or as its owner.
export function RevokeToken({ of, path, close }: { of: Token; path: '/v1/tokens/{name}/revoke' | '/v1/me/tokens/{name}/revoke'; close: () => void }) {
  const w = useWords(words);
  const revoke = useMutation({
    mutationFn: () => answer(api.POST(path, { params: { path: { name: of.id } } })),
    onSuccess: () => {
      close();
      return renewTokens();
    },
  });
  return (
    <Confirm title={w.revokeTitle(of.name)} act={w.revoke} error={revoke.error} busy={revoke.isPending} close={close} go={() => revoke.mutate()}>
      {w.revokeText} {of.lastUsedAt ? w.revokeUsed : w.revokeUnused} {of.lastUsedAt && <Ago at={of.lastUsedAt} />}
    </Confirm>
  );
}
