import type { LinkProps } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import { DevicesIcon, OverviewIcon, ProfilesIcon, SettingsIcon } from '../parts/icons';
import type { words } from './words';

export interface PageLink {
  to: LinkProps['to'];
  icon: ComponentType<{ size?: number }>;
  title: keyof (typeof words)['en']; // here and not in the folder of the page, whose words are loaded with it
}

// The pages, in the order in which they are shown.
export const pages: PageLink[] = [
  { to: '/', icon: OverviewIcon, title: 'overview' },
  { to: '/devices', icon: DevicesIcon, title: 'devices' },
  { to: '/profiles', icon: ProfilesIcon, title: 'profiles' },
  { to: '/settings', icon: SettingsIcon, title: 'settings' },
];
