import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../app/root';
import { texts } from '../app/search';

export const profileRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/profiles',
    validateSearch: texts('search', 'strategy', 'sort', 'after'),
    component: lazyRouteComponent(() => import('./ProfilesPage'), 'ProfilesPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/add-profile',
    component: lazyRouteComponent(() => import('./NewProfilePage'), 'NewProfilePage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/profiles/$name',
    validateSearch: texts('part'),
    component: lazyRouteComponent(() => import('./ProfilePage'), 'ProfilePage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/profiles/$name/keys/$key',
    validateSearch: texts('from', 'to', 'after'),
    component: lazyRouteComponent(() => import('./KeyPage'), 'KeyPage'),
  }),
] as const;
