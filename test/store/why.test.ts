import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { MAX_EREPORTS_TOLD } from '../../src/model/limits.ts';
import type { WhyView } from '../../src/model/why.ts';
import { deleteAlert } from '../../src/store/alert.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { readEreport } from '../../src/store/ereport-read.ts';
import { deleteSitreps } from '../../src/store/sitrep-delete.ts';
import { whyAlert } from '../../src/store/why.ts';
import { commit, commitAndMeet } from '../support/commit.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aCase, aChildOf, aRequest, aSitrep, type Sent } from '../support/document.ts';
import { ereportsOf, taken } from '../support/ereports.ts';
import { checkInvariants } from '../support/invariants.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterAll(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

const restartId = newId();
const early = { restartId, ena: '0x1', comment: 'the first' };
const asking = { restartId, ena: '0x2', comment: 'one too many' };
const unknown = { restartId, ena: '0x3', comment: 'never sent' };
const request = aRequest({ comment: 'somebody has to look' });
const fan = aCase({ comment: 'a fan is failing', ereports: [early] });
const other = aCase({ alertRequests: [aRequest()] });
const before = aSitrep({ cases: [fan, other] });
const askingCase = { ...fan, ereports: [early, asking], alertRequests: [request] };
const asker = aChildOf(before, { comment: 'asks', cases: [askingCase, other] });
const closedCase = { ...askingCase, ereports: [early, asking, unknown], closed: true, comment: 'mended' };
const closer = aChildOf(asker, { cases: [closedCase, other] });
const dropper = aChildOf(closer, { cases: [other] });

const requestsOf = ({ alertRequests = [] }: Sent['cases'][number]) => alertRequests;
const why = async (id: string): Promise<WhyView> => {
  const chain = await whyAlert(db.pool, id);
  if (!chain) throw new Error(`Nothing is known of ${id}.`);
  return chain;
};

/** The tests move history on, one after the other. */
describe('why an alert exists', () => {
  test('is not known of what was never asked for', async () => {
    expect(await whyAlert(db.pool, newId())).toBeNull();
  });

  test('is told from its request to the sitrep that asked, the case, and its ereports with their bodies', async () => {
    await writeEreports(db.pool, ereportsOf(restartId, 2).map(taken));
    await commitAndMeet(db.pool, before);
    await commitAndMeet(db.pool, asker);
    const chain = await why(request.id);
    expect(chain).toMatchObject({
      alertId: request.id,
      alert: { id: request.id, caseId: fan.id, requestedSitrepId: asker.id },
      made: { sitrepId: asker.id },
      request: {
        asIn: { sitrepId: asker.id, version: 2 },
        id: request.id,
        class: 'test.foo',
        version: 0,
        payload: request.payload,
        comment: 'somebody has to look',
        requestedSitrepId: asker.id,
        caseId: fan.id,
      },
      askedBy: { id: asker.id, heading: { id: asker.id, comment: 'asks', state: 'current', version: 2 } },
      case: {
        asIn: { sitrepId: asker.id, version: 2 },
        id: fan.id,
        comment: 'a fan is failing',
        closed: false,
        createdSitrepId: before.id,
        closedSitrepId: null,
        ereportCount: 2,
      },
    });
    expect(chain.case?.ereports).toEqual([
      { ...asking, assignedSitrepId: asker.id, ereport: await readEreport(db.pool, asking) },
      { ...early, assignedSitrepId: before.id, ereport: await readEreport(db.pool, early) },
    ]);
  });

  test('is told of the case as the newest version has it, with ereports that the service does not have', async () => {
    await commitAndMeet(db.pool, closer);
    expect(await why(request.id)).toMatchObject({
      request: { asIn: { version: 3 }, requestedSitrepId: asker.id },
      askedBy: { heading: { version: 2, state: 'superseded' } },
      case: {
        asIn: { version: 3 },
        closed: true,
        closedSitrepId: closer.id,
        comment: 'mended',
        ereportCount: 3,
        ereports: [{ ena: '0x2' }, { ena: '0x1' }, { ena: '0x3', ereport: null }],
      },
    });
  });

  test('is told of a request that was not met yet', async () => {
    const later = aRequest();
    const child = aChildOf(closer, {
      cases: [closedCase, { ...other, alertRequests: [later, ...requestsOf(other)] }],
    });
    await commit(db.pool, child);
    expect(await why(later.id)).toMatchObject({ alert: null, made: null, askedBy: { id: child.id } });
    Object.assign(dropper, { parentId: child.id });
  });

  test('is still told when the alert was deleted, and when no sitrep carries its case any more', async () => {
    expect(await deleteAlert(db.pool, request.id)).toBe(true);
    await commitAndMeet(db.pool, dropper);
    expect(await why(request.id)).toMatchObject({
      alert: null,
      made: { sitrepId: asker.id },
      request: { asIn: { version: 4 } },
      askedBy: { id: asker.id },
      case: { asIn: { version: 4 }, ereportCount: 3 },
    });
  });

  test('names the sitrep that asked by its id alone once that was collected', async () => {
    const [kept] = requestsOf(other).map(({ id }) => id) as [string];
    const last = aChildOf(dropper);
    await commit(db.pool, last, 1);
    for (const { id } of [before, asker]) {
      const { deleted } = await deleteSitreps(db.pool, [{ id, lifecycleOpen: false }]);
      expect(deleted).toEqual([id]);
    }
    expect(await why(kept)).toMatchObject({
      alert: { id: kept },
      askedBy: { id: before.id, heading: null },
      case: { asIn: { sitrepId: last.id }, id: other.id },
    });
  });
});

test('is told of a case with very many ereports by those that the asking sitrep brought in', async () => {
  const own = await createDatabase();
  try {
    const many = Array.from({ length: MAX_EREPORTS_TOLD + 50 }, (_, n) => ({
      restartId,
      ena: `0x${n.toString(16)}`,
    }));
    const first = aSitrep({ cases: [aCase({ ereports: many.slice(0, -1) })] });
    const [only] = first.cases as [Sent['cases'][number]];
    const asked = aRequest();
    await commit(own.pool, first);
    await commit(own.pool, aChildOf(first, { cases: [{ ...only, ereports: many, alertRequests: [asked] }] }));
    const chain = await whyAlert(own.pool, asked.id);
    expect(chain?.case?.ereportCount).toBe(many.length);
    expect(chain?.case?.ereports).toHaveLength(MAX_EREPORTS_TOLD);
    expect(chain?.case?.ereports[0]).toMatchObject(many.at(-1) as object);
  } finally {
    await own.drop();
  }
});
