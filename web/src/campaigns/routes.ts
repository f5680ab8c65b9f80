import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../app/root';
import { texts } from '../app/search';

export const campaignRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/certificates/campaigns',
    validateSearch: texts('state', 'after'),
    component: lazyRouteComponent(() => import('./CampaignsPage'), 'CampaignsPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/certificates/campaigns/$id',
    validateSearch: texts('step', 'after'),
    component: lazyRouteComponent(() => import('./CampaignPage'), 'CampaignPage'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/add-campaign',
    validateSearch: texts('search', 'label', 'profile', 'tag', 'credential', 'before'),
    component: lazyRouteComponent(() => import('./NewCampaignPage'), 'NewCampaignPage'),
  }),
] as const;
