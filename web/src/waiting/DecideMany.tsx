import { Confirm } from '../parts/Confirm';
import { useLanguage, useWords } from '../words/words';
import type { Decision } from './useDecision';
import { words } from './words';

interface Props {
  decision: Decision;
  error: unknown;
  busy: boolean;
  close: () => void;
  go: () => void;
}

const mostNames = 12;

// DecideMany asks before many are approved or rejected at once, and names them.
export function DecideMany({ decision: { verb, those, profile }, error, busy, close, go }: Props) {
  const w = useWords(words);
  const language = useLanguage();
  const n = those.length.toLocaleString(language);
  const shown = those.slice(0, mostNames).map((p) => p.name).join(', ');
  const names = those.length > mostNames ? w.andMore(shown, (those.length - mostNames).toLocaleString(language)) : shown;
  const title = profile ? w[`${verb}All`](profile) : w[`${verb}Many`](n);
  return (
    <Confirm title={title} act={title} calm={verb === 'approve'} error={error} busy={busy} close={close} go={go}>
      {profile ? w[`${verb}AllText`](profile) : w[`${verb}Text`](names)}
    </Confirm>
  );
}
