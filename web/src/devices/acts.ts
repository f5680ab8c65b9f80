import { answer, api, isRefusedFor, versioned } from '../api/client';
import type { Device } from './list';

// What can be done with many devices at once.
export const acts = ['suspend', 'resume', 'disconnect', 'label', 'tag', 'rotate', 'delete'] as const;
export type Act = (typeof acts)[number];

export interface Order {
  act: Act;
  label: string;
  tag: string;
  value: string;
  without: boolean; // the tag is taken away
}

const one = (d: Device) => ({ path: { name: d.name } });

// carryOut does to one device what was ordered.
export function carryOut(o: Order, d: Device): Promise<unknown> {
  switch (o.act) {
    case 'suspend':
      return answer(api.POST('/v1/devices/{name}/suspend', { params: one(d) }));
    case 'resume':
      return answer(api.POST('/v1/devices/{name}/resume', { params: one(d) }));
    case 'disconnect':
      return answer(api.POST('/v1/devices/{name}/disconnect', { params: one(d) }));
    case 'delete':
      return answer(api.DELETE('/v1/devices/{name}', { params: one(d) }));
    case 'label':
      return answer(api.PATCH('/v1/devices/{name}', { params: one(d), body: { label: o.label } }));
    case 'tag':
    case 'rotate':
      return retag(o, d).catch((error) => (isRefusedFor(error, 'version-stale') ? retag(o, d) : Promise.reject(error)));
  }
}

// retag changes one tag. All of them are sent together, so the change is made only if nobody else has made one in between.
async function retag(o: Order, d: Device) {
  const device = await versioned(api.GET('/v1/devices/{name}', { params: one(d) }));
  const { [o.tag]: _, ...tags } = device.tags ?? {};
  await answer(
    api.PATCH('/v1/devices/{name}', {
      params: { ...one(d), header: { 'If-Match': [device.version] } },
      body: { tags: o.without ? tags : { ...tags, [o.tag]: o.value } },
    }),
  );
}

// beginRotation has a campaign ask those that bear the tag for other credentials.
export const beginRotation = (o: Order) => answer(api.POST('/v1/campaigns', { body: { devices: { tag: `${o.tag}=${o.value}` }, wave: 100 } }));
