import type { LinkProps } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import { words as devices } from '../devices/words';
import { DevicesIcon, ProfilesIcon, SettingsIcon } from '../parts/icons';
import { words as profiles } from '../profiles/words';
import { words as settings } from '../settings/words';
import type { Dictionary } from '../words/words';

export interface PageLink {
  to: LinkProps['to'];
  icon: ComponentType<{ size?: number }>;
  words: Dictionary<{ title: string }>;
}

// The pages, in the order in which they are shown.
export const pages: PageLink[] = [
  { to: '/devices', icon: DevicesIcon, words: devices },
  { to: '/profiles', icon: ProfilesIcon, words: profiles },
  { to: '/settings', icon: SettingsIcon, words: settings },
];
