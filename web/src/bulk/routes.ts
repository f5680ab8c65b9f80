import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../app/root';
import { texts } from '../app/search';

export const bulkRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/bulk',
    validateSearch: texts('search', 'state', 'sort', 'after'),
    component: lazyRouteComponent(() => import('./BulkPage'), 'BulkPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/bulk/$id',
    component: lazyRouteComponent(() => import('./ImportPage'), 'ImportPage'),
  }),
] as const;
