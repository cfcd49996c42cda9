import { expect } from 'vitest';
import { type Diagnosis, diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Engine } from '../../src/diagnosis/engine.ts';
import { type Ereport, ereportKey } from '../../src/diagnosis/ereport.ts';
import type { AnalysisInputs } from '../../src/diagnosis/inputs.ts';
import { type Heritage, lineageFaults, lineageOf, type Parent } from '../../src/model/lineage.ts';
import { newRequestFaults } from '../../src/model/new-request-faults.ts';
import type { AlertRequest, CaseDocument, SitrepDocument } from '../../src/model/sitrep.ts';
import { readSubmission } from '../../src/model/submission.ts';

/** Inputs of which nothing is there but what is given. */
export function inputsWith(given: Partial<AnalysisInputs> = {}): AnalysisInputs {
  const nothing = { parent: null, arrived: [], assigned: [], unmarked: [], metRequests: [], restarts: [] };
  return { time: '2026-11-20T12:00:00.000Z', ...nothing, ...given };
}

/**
 * What the service keeps, in memory, from sitrep to sitrep. Each sitrep that is made must be one that the service would
 * accept as a child of the one before, and becomes current at once.
 */
export class Fleet {
  engines: readonly Engine[];
  current: SitrepDocument | null = null;
  /** Each alert once, in the order in which they were asked for. */
  readonly alerts = new Map<string, AlertRequest>();
  readonly #ereports = new Map<string, Ereport>();
  readonly #seen = new Set<string>();
  readonly #met = new Set<string>();
  #heritage: Parent | null = null;

  constructor(...engines: Engine[]) {
    this.engines = engines;
  }

  report(...ereports: Ereport[]): void {
    for (const one of ereports) {
      const key = ereportKey(one);
      if (!this.#ereports.has(key)) this.#ereports.set(key, one);
    }
  }

  inputs(time: string): AnalysisInputs {
    const parent = this.current;
    const inParent = parent?.cases.flatMap(({ ereports }) => ereports) ?? [];
    return {
      time,
      parent,
      arrived: [...this.#ereports.values()].filter((one) => !this.#seen.has(ereportKey(one))),
      assigned: inParent.flatMap((one) => this.#ereports.get(ereportKey(one)) ?? []),
      unmarked: inParent.filter((one) => !this.#seen.has(ereportKey(one))),
      metRequests: [...this.#met],
      restarts: [],
    };
  }

  analyze(time: string): Diagnosis {
    const diagnosis = diagnose(this.inputs(time), this.engines);
    for (const one of [...diagnosis.report.notUnderstood, ...diagnosis.report.ignored]) {
      this.#seen.add(ereportKey(one));
    }
    if (diagnosis.document) this.#commit(diagnosis.document);
    return diagnosis;
  }

  /** Meets all that the current sitrep asks for. */
  rendezvous(): void {
    for (const { ereports, alertRequests } of this.current?.cases ?? []) {
      for (const one of ereports) this.#seen.add(ereportKey(one));
      for (const { id } of alertRequests) this.#met.add(id);
    }
  }

  /** Reports, analyzes, and meets what is asked for: as it goes when nothing interferes. */
  hear(time: string, ...ereports: Ereport[]): Diagnosis {
    this.report(...ereports);
    const diagnosis = this.analyze(time);
    this.rendezvous();
    return diagnosis;
  }

  get ereports(): Ereport[] {
    return [...this.#ereports.values()];
  }
  get cases(): CaseDocument[] {
    return this.current?.cases ?? [];
  }
  get openCases(): CaseDocument[] {
    return this.cases.filter(({ closed }) => !closed);
  }
  /** The only case that there is. */
  get soleCase(): CaseDocument {
    expect(this.cases).toHaveLength(1);
    return this.cases[0] as CaseDocument;
  }
  alertClasses(): string[] {
    return [...this.alerts.values()].map((one) => one.class).sort();
  }

  #commit(document: SitrepDocument): void {
    expect(document.parentId).toBe(this.current?.id ?? null);
    expect(faultsOf(document, this.#heritage, this.engines)).toEqual([]);
    this.#heritage = handedOn(document, this.#heritage);
    this.current = document;
    for (const request of document.cases.flatMap(({ alertRequests }) => alertRequests)) {
      this.alerts.set(request.id, request);
    }
  }
}

/** All that the service would refuse the document for. It does not know the alert classes that engines bring along. */
export function faultsOf(document: SitrepDocument, parent: Parent | null, engines: readonly Engine[]) {
  const read = readSubmission(document);
  if ('faults' in read) return read.faults;
  expect(read.submission.document, 'is in its normal form').toEqual(document);
  const own = engines.flatMap(({ alertClasses }) => Object.keys(alertClasses ?? {}));
  const ofNew = newRequestFaults(document.cases, ({ id }) => parent?.requests.has(id) ?? false);
  const unheardOf = ofNew.filter(({ detail }) => !own.some((name) => detail.endsWith(name)));
  if (unheardOf.length > 0) return unheardOf;
  return lineageFaults(read.submission.input, lineageOf(document, parent), parent);
}

/** What a sitrep hands on to its children. */
export function handedOn(document: SitrepDocument, parent: Heritage | null): Parent {
  const lineage = lineageOf(document, parent);
  const { alertGeneration } = lineage;
  const handed: Parent = { alertGeneration, cases: new Map(), ereports: new Map(), requests: new Map() };
  for (const one of document.cases) {
    const createdSitrepId = lineage.createdSitrepId(one.id);
    handed.cases.set(one.id, { createdSitrepId, closedSitrepId: lineage.closedSitrepId(one) });
    for (const { id, comment, ...request } of one.alertRequests) {
      handed.requests.set(id, { ...request, caseId: one.id, ...lineage.requested(id) });
    }
  }
  return handed;
}
