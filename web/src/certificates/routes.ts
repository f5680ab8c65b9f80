import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../app/root';
import { texts } from '../app/search';

export const certificateRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/certificates',
    validateSearch: texts('search', 'profile', 'state', 'within', 'after'),
    component: lazyRouteComponent(() => import('./IssuedPage'), 'IssuedPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/certificates/issued/$serial',
    component: lazyRouteComponent(() => import('./CertificatePage'), 'CertificatePage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/certificates/authority',
    component: lazyRouteComponent(() => import('./AuthorityPage'), 'AuthorityPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/certificates/check',
    component: lazyRouteComponent(() => import('./CheckPage'), 'CheckPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/issue-certificate',
    validateSearch: texts('device'),
    component: lazyRouteComponent(() => import('./IssuePage'), 'IssuePage'),
  }),
] as const;
