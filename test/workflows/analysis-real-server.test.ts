import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import removed from '../../examples/ereports/psu-remove.json' with { type: 'json' };
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { readSitrep } from '../../src/store/sitrep-read.ts';
import { TestService } from '../api/harness.ts';
import { Hook } from '../support/hook.ts';
import { checkInvariants } from '../support/invariants.ts';
import { makeReceiver } from '../support/receivers.ts';

let service: TestService;
let hook: Hook;
beforeEach(async () => {
  hook = await Hook.start();
  service = await TestService.start();
});
afterEach(async () => {
  await checkInvariants(pool());
  await service.close();
  await hook.stop();
});

const pool = () => service.api.db.pool;
const ereports = (body: unknown) => service.api.post('/v1/ereports', body);

async function details(): Promise<string> {
  const handle = service.temporal.client.workflow.getHandle(ANALYSIS);
  const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails;
}

describe('an ereport', () => {
  test('leads to a current sitrep, an alert and a delivered webhook, with nothing else done', async () => {
    await makeReceiver(pool(), { endpoint: hook.url, subscriptions: ['hardware.**'] });
    await ereports(removed);
    await expect.poll(() => hook.received.length, { timeout: 20_000 }).toBe(1);
    expect(await readSitrep(pool(), 'current')).toMatchObject({ version: 1, creator: 'diagnosis' });
    await expect.poll(details, { timeout: 20_000 }).toContain('No case has changed');
    expect(await service.api.count('ereport WHERE marked_seen_in IS NULL')).toBe(0);
  });
});
