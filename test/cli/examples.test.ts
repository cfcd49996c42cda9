import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { castOfThisRun, childWith, noteBy } from '../../examples/demo/documents.ts';
import { diffSitreps } from '../../src/model/diff.ts';
import { readEreport } from '../../src/model/ereport.ts';
import { lineageFaults, lineageOf, type Parent } from '../../src/model/lineage.ts';
import { newRequestFaults } from '../../src/model/new-request-faults.ts';
import type { AlertRequest, SitrepDocument } from '../../src/model/sitrep.ts';
import { readSubmission, type Submission } from '../../src/model/submission.ts';
import { caseView, sitrepView } from './views.ts';

async function example(path: string) {
  return JSON.parse(await readFile(new URL(`../../examples/${path}.json`, import.meta.url), 'utf8'));
}

function valid(document: unknown): Submission {
  const read = readSubmission(document);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.submission;
}

const first = valid(await example('sitreps/1-psu-removed'));
const second = valid(await example('sitreps/2-psu-inserted'));

/** What a sitrep hands on, as the store would read it. */
function asParent({ id, cases }: Pick<SitrepDocument, 'id' | 'cases'>): Parent {
  const requests = cases.flatMap((one) =>
    one.alertRequests.map((request) => ({ ...request, caseId: one.id })),
  );
  return {
    alertGeneration: 1,
    cases: new Map(
      cases.map((one) => [one.id, { createdSitrepId: id, closedSitrepId: one.closed ? id : null }]),
    ),
    ereports: new Map(),
    requests: new Map(requests.map((one) => [one.id, { ...one, requestedSitrepId: id, generation: 1 }])),
  };
}

test('the first example is a first sitrep, and the second one its child', () => {
  expect(first.document.parentId).toBeNull();
  expect(second.document.parentId).toBe(first.document.id);
  const parent = asParent(first.document);
  const lineage = lineageOf(second.document, parent);
  expect(lineageFaults(second.input, lineage, parent)).toEqual([]);
  for (const { cases } of [first.input, second.input])
    expect(newRequestFaults(cases, () => false)).toEqual([]);
  expect(lineage.newRequestIds).toHaveLength(1);
  expect(second.document.cases[0]?.closed).toBe(true);
});

test.each([
  ['psu-remove', 'hardware.power_shelf.psu.remove', 0],
  ['psu-insert', 'hardware.power_shelf.psu.insert', 1],
] as const)('the request for %s says what its ereport says', async (name, className, index) => {
  const { reporter, body, timeCollected, restartId, ena } = await example(`ereports/${name}`);
  const ours = second.document.cases[0];
  const request = ours?.alertRequests.find((one) => one.class === className) as AlertRequest;
  expect(request.payload).toEqual({
    rackId: reporter.rackId,
    powerShelf: {
      shelf: reporter.slot,
      baseboard: {
        partNumber: body.baseboard_part_number,
        serialNumber: body.baseboard_serial_number,
        revision: body.baseboard_rev,
      },
    },
    psu: {
      slot: body.slot,
      identity: {
        manufacturer: body.fruid.mfr,
        partNumber: body.fruid.mpn,
        firmwareRevision: body.fruid.fw_rev,
        serialNumber: body.fruid.serial,
      },
    },
    time: timeCollected,
  });
  expect(ours?.ereports[index]).toMatchObject({ restartId, ena });
});

test('each run of the demo has ereports of its own, which say what was recorded', async () => {
  const [cast, other] = [await castOfThisRun(), await castOfThisRun()];
  expect(cast.inserted).toMatchObject({ restartId: cast.removed.restartId });
  expect(cast.inserted.reporter).toEqual(cast.removed.reporter);
  expect(other.removed.restartId).not.toBe(cast.removed.restartId);
  expect(other.removed.reporter.rackId).not.toBe(cast.removed.reporter.rackId);
  for (const [name, sent] of [
    ['psu-remove', cast.removed],
    ['psu-insert', cast.inserted],
  ] as const) {
    const { ena, body, timeCollected } = await example(`ereports/${name}`);
    expect(sent).toMatchObject({ ena, body, timeCollected });
    expect(readEreport(sent)).toHaveProperty('ereport');
  }
});

test('a child of the demo is valid, and differs from its parent in the one case, which is its own', async () => {
  const parent = sitrepView({ cases: [caseView()] });
  const [note, rival] = [noteBy('Ada'), noteBy('Grace')];
  for (const ours of [note, rival]) {
    const sent = childWith(parent, ours);
    const { document } = valid(sent);
    expect(document.parentId).toBe(parent.id);
    expect(lineageOf(document, asParent(parent)).newRequestIds).toEqual([ours.alertRequests[0]?.id]);
    const child = sent as unknown as typeof parent;
    expect(diffSitreps(parent, child)).toMatchObject({ opened: [{ id: ours.id }], changed: [], gone: [] });
  }
  expect(rival.id).not.toBe(note.id);
  expect(rival.alertRequests[0]?.id).not.toBe(note.alertRequests[0]?.id);
});
