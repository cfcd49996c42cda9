import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger, type LoggerOptions } from 'pino';

/** With the file before it, twice this is the most that logs take, however long a stack runs. */
const MAX_BYTES = 32 * 1024 * 1024;
/** The same warning is shown to the person who watches at most this often. */
const SHOW_AGAIN_AFTER = 60_000;

const CLOSED = -1;

export interface LogFile {
  logger: Logger;
  path: string;
  close(): void;
}

/** A log as JSON lines in a file, begun anew; warnings are shown to whoever watches, too. */
export function openLogFile(
  folder: string,
  show: (line: string) => void,
  options: LoggerOptions = {},
  maxBytes = MAX_BYTES,
): LogFile {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'sitrep.log');
  const file = new TurningFile(path, maxBytes);
  const streams = pino.multistream([
    // Whatever the logger lets through.
    { level: 'trace', stream: file },
    { level: 'warn', stream: { write: rarely(show) } },
  ]);
  return { logger: pino({ ...options, base: null }, streams), path, close: () => file.close() };
}

/** Written at once, so that the last line before a crash is there; turned over when it is full. */
class TurningFile {
  #descriptor: number;
  #bytes = 0;
  readonly #path: string;
  readonly #maxBytes: number;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#descriptor = this.#begin();
  }

  write(line: string): void {
    // What runs in threads of its own may still say something when everything has been stopped.
    if (this.#descriptor === CLOSED) return;
    if (this.#bytes > this.#maxBytes) {
      closeSync(this.#descriptor);
      this.#descriptor = this.#begin();
    }
    this.#bytes += writeSync(this.#descriptor, line);
  }

  close(): void {
    closeSync(this.#descriptor);
    this.#descriptor = CLOSED;
  }

  #begin(): number {
    try {
      renameSync(this.#path, `${this.#path}.previous`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    this.#bytes = 0;
    return openSync(this.#path, 'w');
  }
}

function rarely(show: (line: string) => void): (line: string) => void {
  const shown = new Map<string, number>();
  return (line) => {
    const { time, msg, level } = JSON.parse(line) as { time: number; msg?: string; level: number };
    const text = `${level >= 50 ? 'error' : 'warning'}: ${msg ?? 'see the log'}`;
    if (time - (shown.get(text) ?? Number.NEGATIVE_INFINITY) < SHOW_AGAIN_AFTER) return;
    if (shown.size > 1000) shown.clear();
    shown.set(text, time);
    show(text);
  };
}
