import { expect, test } from 'vitest';
import { sitrepState } from '../../src/store/sitrep-read.ts';
import { examined, serversOf } from '../support/doctor.ts';
import { aChildOf, aSitrep, type Sent } from '../support/document.ts';
import { checkInvariants } from '../support/invariants.ts';
import { lifecycleOf } from '../support/lifecycles.ts';
import { TestService } from './harness.ts';

// Postgres was restored to a time that Temporal has long left behind. What was decided since is not known any more.

let service: TestService;

/** A head, and what became of its children after it was backed up: one was current, one lost, and was collected. */
async function restored(): Promise<{ won: Sent; followed: Sent; lost: Sent }> {
  await service.startWorker({ SITREP_ORPHAN_GRACE_SECONDS: '0' });
  const head = aSitrep();
  expect((await service.api.submit(head)).status).toBe(201);
  const { restore } = await service.api.db.backUp();
  const [won, lost] = [aChildOf(head), aChildOf(head)];
  const followed = aChildOf(won);
  for (const sent of [won, followed]) expect((await service.api.submit(sent)).status).toBe(201);
  expect((await service.api.submit(lost)).status).toBe(409);
  expect(await lifecycleOf(service.temporal.client, lost.id).result()).toMatchObject({ was: 'orphaned' });
  await service.stopWorker();
  await restore();
  return { won, followed, lost };
}

const doctor = () =>
  examined(serversOf(service.api.db.url, service.temporal.namespace), '--fix').then(({ found }) => found);

test('[I7] [I27] one that has lost since, and was collected, may be submitted again, and wins', async () => {
  service = await TestService.start({ worker: false });
  try {
    const { lost } = await restored();
    await service.startWorker();
    const { status, body } = await service.api.submit(lost);
    expect({ status, body }).toEqual({ status: 201, body: { id: lost.id, state: 'current', version: 2 } });
    await checkInvariants(service.api.db.pool);
  } finally {
    await service.close();
  }
});

test('[I7] those that were current since may be submitted again once the doctor has ended their lifecycles', async () => {
  service = await TestService.start({ worker: false });
  try {
    const { won, followed, lost } = await restored();
    await expect.poll(doctor).toMatchObject({ lifecyclesAhead: [won.id, followed.id].sort() });
    await service.startWorker();
    for (const [index, sent] of [won, followed].entries()) {
      const { status, body } = await service.api.submit(sent);
      expect({ status, body }).toMatchObject({ status: 201, body: { version: index + 2 } });
    }
    // This time it has lost by Postgres as well.
    expect((await service.api.submit(lost)).status).toBe(409);
    expect(await sitrepState(service.api.db.pool, followed.id)).toMatchObject({ state: 'current' });
    await checkInvariants(service.api.db.pool);
  } finally {
    await service.close();
  }
});
