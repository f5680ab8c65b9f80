import { createRouter } from '@tanstack/react-router';
import { accountRoute } from '../account/routes';
import { bulkRoutes } from '../bulk/routes';
import { campaignRoutes } from '../campaigns/routes';
import { certificateRoutes } from '../certificates/routes';
import { connectRoutes } from '../connect/routes';
import { deviceRoutes } from '../devices/routes';
import { expiryRoutes } from '../expiry/routes';
import { journalRoutes } from '../journal/routes';
import { outsideRoutes } from '../outside/routes';
import { overviewRoutes } from '../overview/routes';
import { peopleRoutes } from '../people/routes';
import { Loading } from '../parts/Loading';
import { profileRoutes } from '../profiles/routes';
import { settingsRoute } from '../settings/routes';
import { waitingRoutes } from '../waiting/routes';
import { root, shell } from './root';
import { parse, stringify } from './search';

export const router = createRouter({
  routeTree: root.addChildren([
    ...peopleRoutes,
    shell.addChildren([
      ...overviewRoutes,
      ...deviceRoutes,
      ...profileRoutes,
      ...connectRoutes,
      ...journalRoutes,
      ...waitingRoutes,
      ...certificateRoutes,
      ...outsideRoutes,
      ...expiryRoutes,
      ...campaignRoutes,
      ...bulkRoutes,
      settingsRoute,
      accountRoute,
    ]),
  ]),
  parseSearch: parse,
  stringifySearch: stringify,
  defaultPreload: 'intent',
  defaultPendingComponent: Loading,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
