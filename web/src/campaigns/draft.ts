import { kinds, type Kind } from '../devices/evidence';
import type { CampaignFilter } from './queries';

// A Draft is a campaign as it is typed.
export interface Draft {
  search: string;
  label: string;
  profile: string;
  tag: string;
  credential: Kind | '';
  before: string; // a day
  wave: string;
  pause: string;
  errorPercent: string;
  overdueAfter: string;
}

export const emptyDraft: Draft = { search: '', label: '', profile: '', tag: '', credential: '', before: '', wave: '100', pause: '10m', errorPercent: '5', overdueAfter: '24h' };

// draftOf returns what a URL asks for.
export function draftOf(asked: Partial<Record<'search' | 'label' | 'profile' | 'tag' | 'credential' | 'before', string>>): Draft {
  return { ...emptyDraft, ...asked, credential: kinds.find((k) => k === asked.credential) ?? '' };
}

// filterOf returns the devices that are meant. A day begins where the browser is.
export function filterOf(d: Draft): CampaignFilter {
  const some = <T extends string>(text: T | '') => text || undefined;
  return {
    search: some(d.search),
    label: some(d.label),
    profile: some(d.profile),
    tag: some(d.tag.trim()),
    credential: some(d.credential),
    expiresBefore: d.before ? new Date(`${d.before}T00:00`).toISOString() : undefined,
  };
}
