import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { shell } from '../app/root';
import { texts } from '../app/search';

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('./SettingsPage'), 'SettingsPage'),
});

const parent = { getParentRoute: () => settings };

export const settingsRoute = settings.addChildren([
  createRoute({
    ...parent,
    path: '/',
    beforeLoad: () => {
      throw redirect({ to: '/settings/server', replace: true });
    },
  }),
  createRoute({ ...parent, path: 'server', component: lazyRouteComponent(() => import('./ServerPart'), 'ServerPart') }),
  createRoute({
    ...parent,
    path: 'users',
    validateSearch: texts('search', 'role', 'disabled', 'sort', 'after'),
    component: lazyRouteComponent(() => import('./UsersPart'), 'UsersPart'),
  }),
  createRoute({
    ...parent,
    path: 'tokens',
    validateSearch: texts('search', 'role', 'state', 'sort', 'after'),
    component: lazyRouteComponent(() => import('./TokensPart'), 'TokensPart'),
  }),
  createRoute({ ...parent, path: 'limits', component: lazyRouteComponent(() => import('./LimitsPart'), 'LimitsPart') }),
  createRoute({ ...parent, path: 'configuration', component: lazyRouteComponent(() => import('./ConfigurationPart'), 'ConfigurationPart') }),
  createRoute({ ...parent, path: 'backup', component: lazyRouteComponent(() => import('./BackupPart'), 'BackupPart') }),
  createRoute({ ...parent, path: 'metrics', component: lazyRouteComponent(() => import('./MetricsPart'), 'MetricsPart') }),
  createRoute({
    ...parent,
    path: 'audit',
    validateSearch: texts('actor', 'noun', 'name', 'from', 'to', 'after', 'entry'),
    component: lazyRouteComponent(() => import('./AuditPart'), 'AuditPart'),
  }),
]);
