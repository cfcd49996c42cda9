import type { AlertKind } from '../model/alert-class.ts';
import type { CaseDocument } from '../model/sitrep.ts';
import { type Ereport, type EreportId, ereportKey, type ReporterRestart } from './ereport.ts';
import { caseId } from './ids.ts';
import { inWords } from './in-words.ts';
import { Log, LogRoom } from './log.ts';
import { type CaseSurroundings, OpenCase } from './open-case.ts';
import { randomFrom } from './random.ts';
import { readable } from './readable.ts';
import type { LogLine, LogValues } from './report.ts';

/** Characters of why an ereport is set aside: there may be 10,000 of them, and each engine has its say. */
const MAX_WHY = 200;

/** What an engine may know of the analysis beyond its own cases. */
export interface Surroundings extends CaseSurroundings {
  time: string;
  restarts: ReadonlyMap<string, ReporterRestart>;
  /** Characters of what one engine may log. */
  logCharacters: number;
}

/**
 * What an engine is given: its open cases, the new ereports that it reads, and what it can do with them. All that it
 * does is kept apart from the other engines' work until it has returned.
 */
export class Analysis {
  /** The id of the sitrep in the making. */
  readonly sitrepId: string;
  /** The time that counts as now, RFC 3339. */
  readonly time: string;
  /** The ereports of this engine's classes that no sitrep knows, in order of restart and ENA. */
  readonly newEreports: readonly Ereport[];
  /** From 0 to below 1; the same inputs lead to the same numbers. */
  readonly random: () => number;
  readonly #engine: string;
  readonly #surroundings: Surroundings;
  readonly #cases: Map<string, OpenCase>;
  readonly #logRoom: LogRoom;
  readonly #log: Log;
  readonly #notUnderstood = new Map<string, string>();
  readonly #ignored = new Map<string, string>();
  #opened = 0;

  constructor(
    engine: string,
    cases: readonly CaseDocument[],
    newEreports: readonly Ereport[],
    surroundings: Surroundings,
  ) {
    this.sitrepId = surroundings.sitrepId;
    this.time = surroundings.time;
    this.newEreports = newEreports;
    this.random = randomFrom(`${surroundings.sitrepId} ${engine}`);
    this.#engine = engine;
    this.#surroundings = surroundings;
    this.#logRoom = new LogRoom(surroundings.logCharacters);
    this.#log = new Log(this.#logRoom);
    this.#cases = new Map(cases.map((one) => [one.id, this.#openCase(one, false)]));
  }

  /** The cases of this engine that are open in the parent, and those opened just now; also when closed just now. */
  get cases(): readonly OpenCase[] {
    return [...this.#cases.values()];
  }

  case(id: string): OpenCase | undefined {
    return this.#cases.get(id);
  }

  findCase(isIt: (oneCase: OpenCase) => boolean): OpenCase | undefined {
    return this.#cases.values().find(isIt);
  }

  openCase(comment: string): OpenCase {
    const id = caseId(this.sitrepId, this.#engine, this.#opened++);
    const empty = { id, engine: this.#engine, closed: false, comment: readable(comment) };
    const opened = this.#openCase({ ...empty, ereports: [], alertRequests: [] }, true);
    opened.log('opened', { comment });
    this.#cases.set(id, opened);
    return opened;
  }

  /** When a reporter's run was last heard of. */
  restart(restartId: string): ReporterRestart | undefined {
    return this.#surroundings.restarts.get(restartId);
  }

  /** The kind of a class that is only known by its name, say, from the configuration; undefined if there is none. */
  alertKind(name: string, version: number): AlertKind | undefined {
    const schema = this.#surroundings.alertClassOf(name)?.versions[version];
    return schema && { class: name, version, schema: schema as AlertKind['schema'] };
  }

  /** This ereport is of a class that the engine reads, and yet it cannot make anything of it. */
  notUnderstood(ereport: EreportId, why: string): void {
    this.#notUnderstood.set(ereportKey(ereport), inWords(why, MAX_WHY));
    this.warn('ereport not understood', { restartId: ereport.restartId, ena: ereport.ena, why });
  }

  /** This ereport is understood, and belongs in no case. */
  ignore(ereport: EreportId, why: string): void {
    this.#ignored.set(ereportKey(ereport), inWords(why, MAX_WHY));
  }

  log(event: string, values?: LogValues): void {
    this.#log.add('info', event, values);
  }
  warn(event: string, values?: LogValues): void {
    this.#log.add('warning', event, values);
  }

  get result(): EngineResult {
    return {
      cases: [...this.#cases.values()],
      log: [...this.#log.lines, ...this.#logRoom.rest],
      notUnderstood: this.#notUnderstood,
      ignored: this.#ignored,
    };
  }

  #openCase(before: CaseDocument, isNew: boolean): OpenCase {
    return new OpenCase(before, isNew, this.#surroundings, new Log(this.#logRoom));
  }
}

/** All that an engine did. Why an ereport was not understood, or ignored, by its key. */
export interface EngineResult {
  cases: readonly OpenCase[];
  log: LogLine[];
  notUnderstood: ReadonlyMap<string, string>;
  ignored: ReadonlyMap<string, string>;
}
