import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../app/root';
import { texts } from '../app/search';
import { readSearch } from './list';

export const deviceRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/devices',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./DevicesPage'), 'DevicesPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/add-device',
    component: lazyRouteComponent(() => import('./NewDevicePage'), 'NewDevicePage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/devices/$name',
    validateSearch: texts('part', 'range', 'from', 'to', 'keys', 'after'),
    component: lazyRouteComponent(() => import('./DevicePage'), 'DevicePage'),
  }),
] as const;
