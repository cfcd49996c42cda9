import { setTimeout as sleep } from 'node:timers/promises';
import { diagnose } from '../diagnosis/diagnose.ts';
import type { Engine } from '../diagnosis/engine.ts';
import type { AnalysisInputs } from '../diagnosis/inputs.ts';
import type { AnalysisReport } from '../diagnosis/report.ts';
import type { Fault } from '../model/fault.ts';
import { newRequestFaults } from '../model/new-request-faults.ts';
import type { CaseDocument, SitrepDocument } from '../model/sitrep.ts';
import { readSubmission, type Submission } from '../model/submission.ts';

export type ValidDiagnosis = { report: AnalysisReport } & (
  | { kind: 'unchanged' }
  | { kind: 'changed'; submission: Submission }
  /** And no engine is to blame. */
  | { kind: 'invalid'; fault: string }
);

/**
 * A diagnosis that the service takes. An engine in whose case something is not valid counts as one that threw, and all is
 * diagnosed anew: it may find the same in its open cases each time, and nobody's sitrep would ever be made. Ends, for one
 * that has failed has done nothing, and is not blamed again.
 */
export async function diagnoseValidly(
  inputs: AnalysisInputs,
  engines: readonly Engine[],
): Promise<ValidDiagnosis> {
  for (let running = engines; ; ) {
    const { document, report } = diagnose(inputs, running);
    if (document === null) return { kind: 'unchanged', report };
    const checked = check(document, inputs);
    if ('submission' in checked) return { kind: 'changed', report, ...checked };
    const toBlame = enginesToBlame(checked.faults, document.cases, report);
    if (toBlame.size === 0) return { kind: 'invalid', report, fault: inWords(checked.faults[0]) };
    running = running.map((engine) => {
      const fault = toBlame.get(engine.name);
      return fault === undefined ? engine : failingWith(fault, engine);
    });
    // Engines run in one piece, and a heartbeat is due.
    await sleep(0);
  }
}

function check(document: SitrepDocument, { parent }: AnalysisInputs) {
  const read = readSubmission(document);
  if ('faults' in read) return read;
  const carried = new Set(parent?.cases.flatMap(({ alertRequests }) => alertRequests.map(({ id }) => id)));
  const faults = newRequestFaults(document.cases, ({ id }) => carried.has(id));
  return faults.length > 0 ? { faults } : read;
}

/** The engines that did something, and have something in one of their cases that is not valid; and what. */
function enginesToBlame(
  faults: readonly Fault[],
  cases: readonly CaseDocument[],
  { engines }: AnalysisReport,
): Map<string, string> {
  const didSomething = new Set(engines.flatMap(({ name, error }) => (error === null ? [name] : [])));
  const toBlame = new Map<string, string>();
  for (const fault of faults) {
    const engine = cases[Number(/^\/cases\/(\d+)/.exec(fault.pointer)?.[1])]?.engine;
    if (engine !== undefined && didSomething.has(engine) && !toBlame.has(engine)) {
      toBlame.set(engine, inWords(fault));
    }
  }
  return toBlame;
}

function inWords(fault: Fault | undefined): string {
  return `${fault?.pointer} ${fault?.detail}`;
}

/** By inheritance, as its name and whatever else the ids follow from stay what they are. */
function failingWith(fault: string, engine: Engine): Engine {
  return Object.create(engine, {
    analyze: {
      value: () => {
        throw new Error(`What it made is not valid: ${fault}`);
      },
    },
  });
}
