import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../app/root';
import { texts } from '../app/search';

export const expiryRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/certificates/expiry',
    validateSearch: texts('days', 'profile', 'kind', 'authority', 'from', 'after'),
    component: lazyRouteComponent(() => import('./ExpiryPage'), 'ExpiryPage'),
  }),
] as const;
