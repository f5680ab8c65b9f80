import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../app/root';
import { texts } from '../app/search';

export const waitingRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/waiting',
    validateSearch: texts('state', 'profile', 'name', 'after'),
    component: lazyRouteComponent(() => import('./WaitingPage'), 'WaitingPage'),
  }),
] as const;
