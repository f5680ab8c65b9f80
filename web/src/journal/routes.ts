import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../app/root';
import { readSearch } from './search';

export const journalRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/why',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./JournalPage'), 'JournalPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/why/$number',
    component: lazyRouteComponent(() => import('./StoryPage'), 'StoryPage'),
  }),
] as const;
