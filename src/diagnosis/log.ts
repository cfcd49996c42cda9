import { inWords } from './in-words.ts';
import type { LogLine, LogValues } from './report.ts';

/** Room in the report for what one engine logs, for itself and about its cases. */
export class LogRoom {
  #left: number;
  #leftOut = 0;

  constructor(characters: number) {
    this.#left = characters;
  }

  /** Whether the line may go into the report. After one that does not fit, none does: a log ends where it is cut. */
  takes(line: LogLine): boolean {
    if (this.#leftOut === 0) this.#left -= JSON.stringify(line).length;
    if (this.#left < 0) this.#leftOut++;
    return this.#left >= 0;
  }

  /** What ends the log of the engine, if there was more to be said. */
  get rest(): LogLine[] {
    if (this.#leftOut === 0) return [];
    const event = `… and ${this.#leftOut.toLocaleString('en')} more, here and about its cases`;
    return [{ level: 'warning', event }];
  }
}

/** Collects lines for the report, as far as there is room. */
export class Log {
  readonly lines: LogLine[] = [];
  readonly #room: LogRoom;

  constructor(room: LogRoom) {
    this.#room = room;
  }

  add(level: LogLine['level'], event: string, values?: LogValues): void {
    const said = { level, event: inWords(event) };
    const line = values === undefined ? said : { ...said, values: readableValues(values) };
    if (this.#room.takes(line)) this.lines.push(line);
  }
}

/** Whatever JSON does not have, or Postgres does not store, in words. */
function readableValues(values: LogValues): LogValues {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [inWords(key), readableValue(value)]),
  );
}

function readableValue(value: LogValues[string]): LogValues[string] {
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return value;
  return Array.isArray(value) ? Array.from(value, (one) => inWords(one)) : inWords(value);
}
