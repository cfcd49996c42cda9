import { afterAll, beforeAll, expect, test } from 'vitest';
import inserted from '../../examples/ereports/psu-insert.json' with { type: 'json' };
import removed from '../../examples/ereports/psu-remove.json' with { type: 'json' };
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { enginesInForce } from '../../src/diagnosis/engines-in-force.ts';
import type { AlertView, Page } from '../../src/model/views.ts';
import { keptVersion } from '../../src/store/kept-analysis.ts';
import { TestService } from '../api/harness.ts';
import { checkInvariants } from '../support/invariants.ts';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(async () => {
  await checkInvariants(service.api.db.pool);
  await service.close();
});

const WAITING = { timeout: 60_000 };
const get = (path: string) => service.api.get(path);
const alerts = async (): Promise<AlertView[]> => ((await get('/v1/alerts')).body as Page<AlertView>).items;

/** Reports, and waits until what it asks for has been made. */
async function report(ereport: object, alertsThen: number): Promise<void> {
  expect((await service.api.post('/v1/ereports', ereport)).body).toMatchObject({ new: 1 });
  await expect.poll(async () => (await alerts()).length, WAITING).toBe(alertsThen);
}

test('what the analysis itself has made comes to the same once more, id by id, and tells why', async () => {
  await report(removed, 1);
  await report(inserted, 2);
  const [{ id, requestedSitrepId } = { id: '', requestedSitrepId: '' }] = await alerts();
  expect((await get(`/v1/alerts/${id}/why`)).body).toMatchObject({
    made: { sitrepId: requestedSitrepId },
    askedBy: { id: requestedSitrepId, heading: { creator: 'diagnosis' } },
    case: { engine: 'power_shelf', closed: true, ereports: [{ ereport: { class: 'hw.insert.psu' } }, {}] },
  });
  expect((await get(`/v1/sitreps/${requestedSitrepId}/report`)).body).toMatchObject({
    inputs: { arrived: [{ ena: inserted.ena }], missing: [], configurationVersion: 0 },
    report: { outcome: 'changed', engines: [{ name: 'power_shelf', error: null }] },
  });
  const { items } = (await service.api.post('/v1/rediagnosis?from=v1', undefined)).body;
  expect(items.length).toBeGreaterThanOrEqual(2);
  for (const one of items) {
    expect(one).toMatchObject({ outcome: 'same', omitted: 0, failedEngines: [] });
    const kept = await keptVersion(service.api.db.pool, one.version);
    if (kept?.analysis.kind !== 'kept') throw new Error(`Nothing is kept of v${one.version}.`);
    const { document, inputs } = kept.analysis;
    expect(diagnose(inputs, enginesInForce({ thresholdRules: [] }, [])).document).toEqual(document);
  }
});
