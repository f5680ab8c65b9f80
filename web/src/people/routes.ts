import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { root } from '../app/root';
import { texts } from '../app/search';

export const peopleRoutes = [
  createRoute({
    getParentRoute: () => root,
    path: '/sign-in',
    validateSearch: texts('to'),
    component: lazyRouteComponent(() => import('./SignIn'), 'SignIn'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/setup',
    validateSearch: texts('token'),
    component: lazyRouteComponent(() => import('./SetUp'), 'SetUp'),
  }),
] as const;
