import type { LinkProps } from '@tanstack/react-router';
import { lazy, type ComponentType } from 'react';
import { BulkIcon, CertificatesIcon, DevicesIcon, OverviewIcon, PlugIcon, ProfilesIcon, SettingsIcon, WaitingIcon, WhyIcon } from '../parts/icons';
import type { words } from './words';

export interface PageLink {
  to: LinkProps['to'];
  icon: ComponentType<{ size?: number }>;
  title: keyof (typeof words)['en']; // here and not in the folder of the page, whose words are loaded with it
  note?: ComponentType; // stands behind the title, once it is there
}

// The pages, in the order in which they are shown.
export const pages: PageLink[] = [
  { to: '/', icon: OverviewIcon, title: 'overview' },
  { to: '/devices', icon: DevicesIcon, title: 'devices' },
  { to: '/profiles', icon: ProfilesIcon, title: 'profiles' },
  { to: '/connect', icon: PlugIcon, title: 'connect' },
  { to: '/why', icon: WhyIcon, title: 'why' },
  { to: '/waiting', icon: WaitingIcon, title: 'waiting', note: lazy(() => import('../waiting/WaitingCount')) },
  { to: '/bulk', icon: BulkIcon, title: 'bulk' },
  { to: '/certificates', icon: CertificatesIcon, title: 'certificates' },
  { to: '/settings', icon: SettingsIcon, title: 'settings' },
];
