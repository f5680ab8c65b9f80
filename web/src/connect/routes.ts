import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../app/root';
import { texts } from '../app/search';

export const connectRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/connect',
    validateSearch: texts('search'),
    component: lazyRouteComponent(() => import('./ConnectPage'), 'ConnectPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/connect/$name',
    validateSearch: texts('tool', 'os', 'over', 'kind'),
    component: lazyRouteComponent(() => import('./ConnectDevicePage'), 'ConnectDevicePage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/join/$profile',
    validateSearch: texts('tool', 'os', 'over', 'key'),
    component: lazyRouteComponent(() => import('./JoinPage'), 'JoinPage'),
  }),
] as const;
