import { expect, it, vi } from 'vitest';

const asked: string[] = [];
vi.stubGlobal('window', { location: { origin: 'http://muster.test' } });
vi.stubGlobal('fetch', async (request: Request) => {
  asked.push(request.url.replace('http://muster.test', ''));
  return Response.json({ items: [], next: '7' });
});
const { queries } = await import('../api/client');
const { deviceAttemptsQuery, deviceAuditQuery } = await import('./queries');

it('asks for what a device did and who changed it page by page', async () => {
  const pages = [
    await queries.fetchQuery(deviceAttemptsQuery('pump')),
    await queries.fetchQuery(deviceAttemptsQuery('pump', '41')),
    await queries.fetchQuery(deviceAuditQuery('pump', '41')),
    await queries.fetchQuery(deviceAuditQuery('pump', 'no number')),
  ];
  expect(pages.map((p) => p.next)).toEqual(['7', '7', '7', '7']);
  expect(asked).toEqual(['/v1/attempts?device=pump&limit=50', '/v1/attempts?device=pump&after=41&limit=50', '/v1/audit?name=pump&after=41&limit=50', '/v1/audit?name=pump&limit=50']);
});
