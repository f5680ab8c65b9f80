import { useMutation } from '@tanstack/react-query';
import { answer, api, type Schemas } from '../api/client';
import { renewPending, type Pending } from './queries';

export type Verb = 'approve' | 'reject';

// A Decision is what becomes of some requests, or of all that wait in a profile.
export interface Decision {
  verb: Verb;
  those: Pending[];
  profile?: string;
}

// useDecision decides, and asks again for what is shown.
export function useDecision(done: (decision: Decision, became: Schemas['Decided']) => void) {
  return useMutation({
    mutationFn: ({ verb, those, profile }: Decision) => {
      const body = profile ? { profile } : { ids: those.map((p) => p.id) };
      return answer(verb === 'approve' ? api.POST('/v1/pending/approve', { body }) : api.POST('/v1/pending/reject', { body }));
    },
    onSuccess: (became, decision) => {
      done(decision, became);
      return renewPending();
    },
  });
}
