import { isDeepStrictEqual } from 'node:util';
import type { AlertKind } from '../model/alert-class.ts';
import { isBoundedJson } from '../model/bounded-json.ts';
import { Faults } from '../model/fault.ts';
import type { JsonObject } from '../model/json.ts';
import { type AlertRequest, AlertRequestInput, type CaseDocument } from '../model/sitrep.ts';
import { caseOf } from '../model/submission.ts';
import type { AlertClassLookup } from './alert-classes.ts';
import { type Ereport, type EreportId, ereportKey } from './ereport.ts';
import { freeze } from './freeze.ts';
import { requestId } from './ids.ts';
import type { Log } from './log.ts';
import { readable } from './readable.ts';
import type { LogValues } from './report.ts';

/** What the document takes: an engine in JavaScript may ask with `'0'`, or a list, and a lookup or its own schema let it. */
const {
  class: ClassOfRequest,
  version: VersionOfRequest,
  payload: PayloadOfRequest,
} = AlertRequestInput.shape;

/** An ereport as a case has it. */
export interface EreportInCase extends EreportId {
  comment: string;
  /** Null where the service does not have it: whoever made the case named it without sending it. */
  ereport: Ereport | null;
  /** Added in this sitrep; not the parent's. */
  isNew: boolean;
}

/** What a case needs to know of the analysis that it is part of. */
export interface CaseSurroundings {
  sitrepId: string;
  /** Every ereport among the inputs, by `ereportKey`. */
  ereports: ReadonlyMap<string, Ereport>;
  /** The keys of those that are in the parent, but not marked as seen yet. */
  unmarked: ReadonlySet<string>;
  alertClassOf: AlertClassLookup;
}

/** A case that an engine works on: one of its open ones in the parent, or one that it opened just now. */
export class OpenCase {
  readonly id: string;
  readonly engine: string;
  /** Opened in this sitrep. */
  readonly isNew: boolean;
  readonly #surroundings: CaseSurroundings;
  readonly #before: CaseDocument;
  readonly #ereports: Map<string, EreportInCase>;
  readonly #requests: AlertRequest[];
  readonly #log: Log;
  #comment: string;
  #closed = false;
  #touched = false;
  #newRequests = 0;

  constructor(before: CaseDocument, isNew: boolean, surroundings: CaseSurroundings, log: Log) {
    this.id = before.id;
    this.engine = before.engine;
    this.isNew = isNew;
    this.#surroundings = surroundings;
    this.#log = log;
    this.#before = before;
    this.#comment = before.comment;
    this.#requests = [...before.alertRequests];
    this.#ereports = new Map(
      before.ereports.map(({ restartId, ena, comment }) => {
        const key = ereportKey({ restartId, ena });
        const ereport = surroundings.ereports.get(key) ?? null;
        return [key, { restartId, ena, comment, ereport, isNew: false }];
      }),
    );
    // Its id and engine are those of what it carries, whatever an engine writes on them.
    Object.freeze(this);
  }

  get comment(): string {
    return this.#comment;
  }
  get closed(): boolean {
    return this.#closed;
  }
  /** In the order in which they came into the case. */
  get ereports(): readonly EreportInCase[] {
    return [...this.#ereports.values()];
  }
  /** The parent's, and those made just now. Frozen, and only when they are looked at: there may be 100,000. */
  get alertRequests(): readonly AlertRequest[] {
    return this.#requests.map((request) => freeze(request));
  }

  get requestsMade(): number {
    return this.#newRequests;
  }

  /** Says whether it was added: an ereport is in a case once. */
  addEreport(ereport: EreportId, comment = ''): boolean {
    this.#change();
    const key = ereportKey(ereport);
    const known = this.#surroundings.ereports.get(key);
    if (!known) throw new Error(`The ereport ${key} is none of those that the analysis has.`);
    if (this.#ereports.has(key)) return false;
    const { restartId, ena } = known;
    this.#ereports.set(key, { restartId, ena, comment: readable(comment), ereport: known, isNew: true });
    this.log('ereport added', { restartId, ena, class: known.class, comment });
    return true;
  }

  /**
   * Takes out an ereport that no longer matters, so that a case that goes on for a year does not grow for a year. Says
   * whether it did: one that is not marked as seen stays, for it would come back as a new one.
   */
  dropEreport(ereport: EreportId, why: string): boolean {
    this.#change();
    const key = ereportKey(ereport);
    const one = this.#ereports.get(key);
    if (!one || one.isNew || this.#surroundings.unmarked.has(key)) return false;
    this.#ereports.delete(key);
    this.log('ereport dropped', { restartId: one.restartId, ena: one.ena, why });
    return true;
  }

  /**
   * Asks for an alert, and returns the id that it will have; null when the payload is not what its class and version
   * take, which the report then says. A class or version that does not exist is a mistake of the engine, and thrown.
   */
  requestAlert<Payload extends object>(
    kind: AlertKind<Payload>,
    payload: Payload,
    comment = '',
  ): string | null {
    this.#change();
    this.#checkKind(kind);
    const plain: JsonObject = JSON.parse(JSON.stringify(payload));
    const faults = new Faults();
    const isOne = faults.check(PayloadOfRequest, plain) && isBoundedJson(plain, [], faults);
    if (isOne) faults.check(kind.schema, plain);
    if (faults.list.length > 0) {
      this.warn('alert not requested, since its payload is not valid', {
        class: kind.class,
        version: kind.version,
        faults: faults.list.map(({ pointer, detail }) => `${pointer || 'the payload'} ${detail}`),
      });
      return null;
    }
    const id = requestId(this.#surroundings.sitrepId, this.id, this.#newRequests++);
    const { class: name, version } = kind;
    this.#requests.push({ id, class: name, version, payload: plain, comment: readable(comment) });
    this.log('alert requested', { id, class: name, version, comment });
    return id;
  }

  setComment(comment: string): void {
    this.#change();
    this.#comment = readable(comment);
  }

  /** For good: a closed case is never opened again. */
  close(why: string): void {
    this.#change();
    this.#closed = true;
    this.log('closed', { why });
  }

  log(event: string, values?: LogValues): void {
    this.#log.add('info', event, values);
  }
  warn(event: string, values?: LogValues): void {
    this.#log.add('warning', event, values);
  }
  get logLines() {
    return this.#log.lines;
  }

  /** The case as the next sitrep has it; the parent's own when nothing in it is different. */
  build(): CaseDocument {
    if (!this.#touched) return this.#before;
    const now = caseOf({
      id: this.id,
      engine: this.engine,
      closed: this.#closed,
      comment: this.#comment,
      ereports: [...this.#ereports.values()],
      alertRequests: this.#requests,
    });
    return !this.isNew && isDeepStrictEqual(now, caseOf(this.#before)) ? this.#before : now;
  }

  #change(): void {
    if (this.#closed) throw new Error(`The case ${this.id} is closed.`);
    this.#touched = true;
  }

  #checkKind({ class: name, version, schema }: AlertKind): void {
    const known = ClassOfRequest.safeParse(name).success && this.#surroundings.alertClassOf(name);
    if (!known) throw new Error(`There is no alert class ${name}.`);
    if (known.own) throw new Error(`Only Sitrep itself makes alerts of the class ${name}.`);
    if (!VersionOfRequest.safeParse(version).success || known.versions[version] !== schema) {
      throw new Error(`The alert class ${name} has no version ${version}, or one with another schema.`);
    }
  }
}
