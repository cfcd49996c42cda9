import type { CaseDocument, SitrepDocument } from '../model/sitrep.ts';
import { alertClassesWith } from './alert-classes.ts';
import type { Surroundings } from './analysis.ts';
import { type Carried, carry } from './carry.ts';
import type { Engine } from './engine.ts';
import { engineSetFaults } from './engine-set.ts';
import { type Ereport, ereportKey, inOrder, type ReporterRestart } from './ereport.ts';
import { freeze } from './freeze.ts';
import { sitrepIdFor } from './ids.ts';
import type { AnalysisInputs } from './inputs.ts';
import { readable } from './readable.ts';
import type { AnalysisReport } from './report.ts';
import { type Ran, runEngine } from './run-engine.ts';
import { setAside } from './set-aside.ts';

/**
 * What all engines together may log. The report is one value of the database, which takes 256 MB: beyond that, the same
 * analysis would fail at its end, again and again.
 */
const LOG_CHARACTERS = 32 * 1024 * 1024;

export interface Diagnosis {
  /** The child of the parent that is to be submitted; null when its cases would be the parent's. */
  document: SitrepDocument | null;
  report: AnalysisReport;
}

/**
 * Runs the engines, each over its own cases, and puts together what is believed now. Throws only for engines that cannot
 * run together, as `engineSetFaults` tells beforehand.
 */
export function diagnose(inputs: AnalysisInputs, engines: readonly Engine[]): Diagnosis {
  const faults = engineSetFaults(engines);
  if (faults.length > 0) throw new Error(faults.join(' '));
  const carried = carry(inputs);
  const newEreports = newOnes(inputs);
  const surroundings = surroundingsOf(inputs, engines);
  const ownCases = Map.groupBy(carried.open, ({ engine }) => engine);
  const ran = engines.map((engine) => {
    return runEngine(engine, ownCases.get(engine.name) ?? [], newEreports, surroundings);
  });
  const cases = casesOf(carried, ran);
  const isChanged = differ(cases, inputs.parent?.cases ?? []);
  const document: SitrepDocument = {
    id: surroundings.sitrepId,
    parentId: inputs.parent?.id ?? null,
    creator: 'diagnosis',
    comment: summary(carried, ran),
    cases,
  };
  return {
    document: isChanged ? document : null,
    report: {
      sitrepId: surroundings.sitrepId,
      outcome: isChanged ? 'changed' : 'unchanged',
      inputs: {
        time: inputs.time,
        parentId: document.parentId,
        newEreports: newEreports.map(({ restartId, ena }) => ({ restartId, ena })),
        openCases: carried.open.map(({ id }) => id),
        closedCasesCarried: carried.outstanding.map(({ because }) => because),
        closedCasesDropped: carried.dropped.map(({ id }) => id),
        casesWithoutEngine: orphansOf(carried, ran).map(({ id }) => id),
      },
      engines: ran.map(({ engine, result, error }) => ({
        name: engine.name,
        log: result.log,
        error: error && readable(error),
      })),
      cases: workedOn(ran)
        .filter(({ logLines }) => logLines.length > 0)
        .map(({ id, engine, logLines }) => ({ id, engine, log: logLines })),
      ...setAside(newEreports, cases, ran),
    },
  };
}

/** What arrived and is in no case of the parent's. */
function newOnes({ arrived, parent }: AnalysisInputs): Ereport[] {
  const known = new Set(parent?.cases.flatMap(({ ereports }) => ereports.map(ereportKey)));
  return inOrder(arrived).filter((ereport) => !known.has(ereportKey(ereport)));
}

/** Ereports are frozen, so that no engine can change what the next one reads. */
function surroundingsOf(inputs: AnalysisInputs, engines: readonly Engine[]): Surroundings {
  return {
    sitrepId: sitrepIdFor(inputs, engines),
    time: inputs.time,
    ereports: new Map([...inputs.assigned, ...inputs.arrived].map((one) => [ereportKey(one), freeze(one)])),
    unmarked: new Set(inputs.unmarked.map(ereportKey)),
    restarts: latestOf(inputs.restarts),
    alertClassOf: alertClassesWith(engines),
    logCharacters: Math.floor(LOG_CHARACTERS / engines.length),
  };
}

function latestOf(restarts: readonly ReporterRestart[]): Map<string, ReporterRestart> {
  const latest = new Map<string, ReporterRestart>();
  for (const one of restarts) {
    const other = latest.get(one.restartId);
    if (!other || Date.parse(other.timeLatest) < Date.parse(one.timeLatest)) latest.set(one.restartId, one);
  }
  return latest;
}

function workedOn(ran: readonly Ran[]) {
  return ran.flatMap(({ result }) => result.cases);
}

/** Open cases whose engine is not there: taken out of the configuration, or never one, as with a person's cases. */
function orphansOf({ open }: Carried, ran: readonly Ran[]): CaseDocument[] {
  const names = new Set(ran.map(({ engine }) => engine.name));
  return open.filter(({ engine }) => !names.has(engine));
}

function casesOf(carried: Carried, ran: readonly Ran[]): CaseDocument[] {
  return [
    ...carried.outstanding.map((one) => one.carried),
    ...orphansOf(carried, ran),
    ...workedOn(ran).map((oneCase) => oneCase.build()),
  ].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A case in which nothing is different is the parent's own object. */
function differ(cases: readonly CaseDocument[], before: readonly CaseDocument[]): boolean {
  const same = new Set(before);
  return cases.length !== before.length || cases.some((one) => !same.has(one));
}

function summary({ dropped }: Carried, ran: readonly Ran[]): string {
  const cases = workedOn(ran);
  const parts = [
    [cases.filter(({ isNew }) => isNew).length, 'opened'],
    [cases.filter(({ closed }) => closed).length, 'closed'],
    [dropped.length, 'dropped'],
  ].map(([count, verb]) => `${count} ${verb}`);
  const alerts = cases.reduce((sum, { requestsMade }) => sum + requestsMade, 0);
  return `Cases: ${parts.join(', ')}. Alerts asked for: ${alerts}.`;
}
