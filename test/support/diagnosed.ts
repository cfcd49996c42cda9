import type pg from 'pg';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Engine } from '../../src/diagnosis/engine.ts';
import { type Ereport, type EreportId, ereportKey } from '../../src/diagnosis/ereport.ts';
import { readEreport } from '../../src/model/ereport.ts';
import type { SitrepDocument } from '../../src/model/sitrep.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { ereportsByName } from '../../src/store/ereports-by-name.ts';
import { keepAnalysis, storedInputs } from './analysis.ts';
import { commit } from './commit.ts';
import { type Sent, submissionOf } from './document.ts';

/** History as analysis makes it, with what is kept of each analysis; engines may differ from one to the next. */
export class Diagnosed {
  readonly #pool: pg.Pool;
  current: SitrepDocument | null = null;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Reports, diagnoses, and makes the sitrep current that comes of it. Nothing is seen or met of what it asks for. */
  async hear(engines: readonly Engine[], ...reported: Ereport[]): Promise<SitrepDocument> {
    await writeEreports(this.#pool, reported.map(asTaken));
    const parent = this.current;
    const inParent = parent?.cases.flatMap(({ ereports }) => ereports).map(nameOf) ?? [];
    const time = '2026-11-20T12:00:00.000Z';
    const inputs = {
      time,
      parent,
      arrived: await ereportsByName(this.#pool, reported),
      assigned: await ereportsByName(this.#pool, openEreports(parent)),
      unmarked: inParent,
      metRequests: [],
      restarts: [{ restartId: '01a1f801-ccf0-7000-8000-000000000a01', timeLatest: time }],
    };
    const { document, report } = diagnose(inputs, engines);
    if (!document) throw new Error('The test needs engines that change something.');
    const { arrived, assigned, parent: _, ...byName } = inputs;
    const there = new Set(assigned.map(ereportKey));
    const stored = storedInputs({
      ...byName,
      parentId: parent?.id ?? null,
      arrived: arrived.map(nameOf),
      missing: openEreports(parent)
        .filter((one) => !there.has(ereportKey(one)))
        .map(nameOf),
    });
    await commit(this.#pool, document);
    await keepAnalysis(this.#pool, document.id, stored, report);
    this.current = document;
    return document;
  }

  /** Makes a sitrep current that somebody else made. */
  async follow(sent: Sent): Promise<void> {
    await commit(this.#pool, sent);
    this.current = submissionOf(sent).document;
  }
}

function asTaken(reported: Ereport) {
  const read = readEreport(reported);
  if ('faults' in read) throw new Error(`The test's ereport is not valid: ${JSON.stringify(read.faults)}`);
  return read.ereport;
}

function openEreports(parent: SitrepDocument | null): EreportId[] {
  return parent?.cases.filter(({ closed }) => !closed).flatMap(({ ereports }) => ereports) ?? [];
}

function nameOf({ restartId, ena }: EreportId): EreportId {
  return { restartId, ena };
}
