import { createRootRoute, createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { queries } from '../api/client';
import { meQuery } from '../people/session';
import { Failed, NotFound } from './Lost';

export const root = createRootRoute({ notFoundComponent: NotFound, errorComponent: Failed });

// shell is around every page that only those who are signed in may see.
export const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ location }) => {
    if (!(await queries.ensureQueryData(meQuery))) {
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
    }
  },
  component: lazyRouteComponent(() => import('./Shell'), 'Shell'),
});
