import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../app/root';

export const outsideRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/certificates/others',
    component: lazyRouteComponent(() => import('./OthersPage'), 'OthersPage'),
  }),
] as const;
