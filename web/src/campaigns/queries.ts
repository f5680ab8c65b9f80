import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answer, api, type Schemas } from '../api/client';
import { again } from '../live/again';
import type { Step } from './steps';

export type Campaign = Schemas['Campaign'];
export type CampaignFilter = Schemas['CampaignFilter'];

export const campaignQuery = (id: string) =>
  queryOptions({ queryKey: ['campaigns', 'one', id], refetchInterval: 15_000, queryFn: () => answer(api.GET('/v1/campaigns/{id}', { params: { path: { id } } })) });

export const campaignDevicesQuery = (id: string, step: Step | undefined, after: string | undefined) =>
  queryOptions({
    queryKey: ['campaigns', 'devices', id, { step, after }],
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
    queryFn: () => answer(api.GET('/v1/campaigns/{id}/devices', { params: { path: { id }, query: { step, after, limit: 50 } } })),
  });

// planQuery counts the devices that a campaign would be for, and begins nothing.
export const planQuery = (devices: CampaignFilter) =>
  queryOptions({ queryKey: ['campaigns', 'plan', devices], retry: false, queryFn: () => answer(api.POST('/v1/campaigns', { body: { devices, wave: 1, dryRun: true } })) });

// renewCampaigns asks again for everything that is shown of campaigns. What an event or the answer of an act says of one is not shown
// itself: which of two came later is not known here.
export function renewCampaigns() {
  return again(['campaigns']);
}
