import { words as deviceWords } from '../devices/words';
import { useLanguage, useWords } from '../words/words';
import type { CampaignFilter } from './queries';
import { words } from './words';

// Whom says in words which devices a campaign is for.
export function Whom({ of: f }: { of: CampaignFilter }) {
  const w = useWords(words);
  const d = useWords(deviceWords);
  const language = useLanguage();
  const said = [
    f.profile && w.ofProfile(f.profile),
    f.search && w.ofName(f.search),
    f.label && w.ofLabel(f.label),
    f.tag && w.ofTag(f.tag),
    f.credential && d[`kind${f.credential}`],
    f.expiresBefore && w.endingBefore(new Date(f.expiresBefore).toLocaleDateString(language, { dateStyle: 'medium' })),
  ].filter(Boolean);
  return <>{said.length > 0 ? said.join(' · ') : w.allDevices}</>;
}
