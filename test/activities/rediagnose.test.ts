import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EnginesOf, rediagnosisActivities } from '../../src/activities/rediagnose.ts';
import type { Engine } from '../../src/diagnosis/engine.ts';
import { DEFAULT_CONFIGURATION } from '../../src/model/configuration.ts';
import type { RediagnosisAsked, RediagnosisPage } from '../../src/model/rediagnosis.ts';
import { setConfiguration } from '../../src/store/configuration.ts';
import { curious, engineThat } from '../diagnosis/engines.ts';
import { anError } from '../diagnosis/ereports.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { Diagnosed } from '../support/diagnosed.ts';
import { aSitrep } from '../support/document.ts';
import { checkInvariants, tableTexts } from '../support/invariants.ts';

let db: TestDatabase;
let history: Diagnosed;
beforeEach(async () => {
  db = await createDatabase();
  history = new Diagnosed(db.pool);
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

/** Runs the activity as a worker does, and holds it to writing nothing. */
async function rediagnose(
  engines: EnginesOf | readonly Engine[],
  { pageMs = 60_000, ...asked }: Partial<RediagnosisAsked> & { pageMs?: number } = {},
): Promise<RediagnosisPage> {
  const before = await tableTexts(db.pool);
  const { rediagnoseVersions } = rediagnosisActivities(
    db.pool,
    typeof engines === 'function' ? engines : () => engines,
    pageMs,
  );
  const page: RediagnosisPage = await new MockActivityEnvironment({ heartbeatTimeoutMs: 10_000 }).run(
    rediagnoseVersions,
    { from: 1, limit: 100, ...asked },
  );
  expect(await tableTexts(db.pool)).toEqual(before);
  return page;
}

const outcomes = ({ items }: RediagnosisPage) =>
  items.map(({ version, outcome }) => `v${version} ${outcome}`);
const errors = Array.from({ length: 4 }, (_, n) => anError(n));
const NEXT = { settings: { version: 2 } };
const terse = curious(NEXT);

describe('versions diagnosed once more', () => {
  test('are the same with the same engines, and with others that come to the same', async () => {
    for (const error of errors) await history.hear([curious()], error);
    for (const engine of [curious(), terse]) {
      const page = await rediagnose([engine]);
      expect(outcomes(page)).toEqual(['v1 same', 'v2 same', 'v3 same', 'v4 same']);
      expect(page).toMatchObject({ currentVersion: 4, nextVersion: null, configurationVersion: 0 });
    }
  });

  test('are held each against what was made of its own inputs, and not against what would have come before', async () => {
    for (const error of errors) await history.hear([curious()], error);
    const today = engineThat((analysis) => {
      for (const ereport of analysis.newEreports.filter(({ ena }) => ena !== errors[1]?.ena)) {
        analysis.openCase('found').addEreport(ereport, 'look at this');
      }
    });
    const page = await rediagnose([today]);
    expect(outcomes(page)).toEqual(['v1 same', 'v2 different', 'v3 same', 'v4 same']);
    expect(page.items[1]).toMatchObject({
      differences: { gone: [{ comment: 'found' }], opened: [], changed: [] },
      omitted: 0,
      failedEngines: [],
    });
  });

  test('begin where that is asked for, and go on where the page before ended', async () => {
    for (const error of errors) await history.hear([curious()], error);
    const page = await rediagnose([curious()], { from: 2, limit: 2 });
    expect({ seen: outcomes(page), next: page.nextVersion }).toEqual({
      seen: ['v2 same', 'v3 same'],
      next: 4,
    });
    const rest = await rediagnose([curious()], { from: 4, limit: 2 });
    expect({ seen: outcomes(rest), next: rest.nextVersion }).toEqual({ seen: ['v4 same'], next: null });
  });

  test('are one a page where each takes longer than a page may', async () => {
    for (const error of errors) await history.hear([curious()], error);
    const page = await rediagnose([curious()], { pageMs: 0, from: 2 });
    expect({ seen: outcomes(page), next: page.nextVersion }).toEqual({ seen: ['v2 same'], next: 3 });
  });

  test('say of which there are no inputs, and go on behind them', async () => {
    await history.hear([curious()], anError(0));
    await history.follow(aSitrep({ parentId: history.current?.id ?? null }));
    await history.hear([curious()], anError(1));
    await db.pool.query(`UPDATE fm_analysis SET inputs = '{}' WHERE sitrep_id = $1`, [history.current?.id]);
    await history.hear([curious()], anError(2));
    const page = await rediagnose([terse]);
    expect(outcomes(page)).toEqual(['v1 same', 'v2 notAnalysis', 'v3 unreadable', 'v4 same']);
    expect(page.items.map(({ configurationVersion }) => configurationVersion)).toEqual([0, null, null, 0]);
  });

  test('are diagnosed by the engines of the configuration in force', async () => {
    await history.hear([curious()], anError(0));
    const analysisEnabled = false;
    const configuration = { ...DEFAULT_CONFIGURATION, analysisEnabled };
    await setConfiguration(db.pool, { expectedVersion: 0, author: 'test', comment: '', configuration });
    const page = await rediagnose((given) => (given.analysisEnabled ? [curious()] : []));
    expect(page.configurationVersion).toBe(1);
    expect(page.items).toMatchObject([
      { outcome: 'different', configurationVersion: 0, differences: { gone: [{ engine: 'test' }] } },
    ]);
  });

  test('name the engines that failed, and what these threw in brief', async () => {
    await history.hear([curious()], anError(0));
    const failing = engineThat(
      () => {
        throw new Error(`no such slot ${'x'.repeat(1_000)}`);
      },
      { name: 'failing' },
    );
    const page = await rediagnose([curious(), failing]);
    expect(page.items).toMatchObject([
      { outcome: 'same', failedEngines: [{ name: 'failing', error: expect.stringMatching(/no such slot/) }] },
    ]);
    expect(page.items[0]?.failedEngines[0]?.error.length).toBeLessThanOrEqual(500);
  });

  test('answer no more than Temporal takes, whatever would be different', { timeout: 60_000 }, async () => {
    const wordy = engineThat((analysis) => {
      for (let nth = 0; nth < 400; nth++) analysis.openCase(`${nth} ${'x'.repeat(2_000)}`);
    });
    for (const error of [...errors, anError(5), anError(6)]) await history.hear([wordy], error);
    const page = await rediagnose([]);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(2 * 1024 * 1024);
    expect(page.nextVersion).toBe(page.items.length + 1);
    for (const { differences, omitted } of page.items) {
      expect(omitted).toBeGreaterThan(0);
      expect(differences.gone.length + omitted).toBe(400);
    }
  });
});
