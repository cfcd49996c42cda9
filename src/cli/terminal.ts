import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { Failure } from './failure.ts';
import { complaintInWords } from './words/complaint.ts';
import type { Style } from './words/style.ts';

/** What of the process a command touches. */
export interface World {
  env: Record<string, string | undefined>;
  stdin: Readable;
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean; columns?: number };
}

export type Format = 'table' | 'json';

/** Data goes to stdout; what is said beside it goes to stderr, so that stdout may be piped on. */
export class Terminal {
  readonly json: boolean;
  readonly #world: World;

  constructor(world: World, format: Format) {
    this.#world = world;
    this.json = format === 'json';
  }

  /** What the user asked for: as the API gave it, or in words. */
  data(value: unknown, inWords: (style: Style) => string): void {
    const { stdout } = this.#world;
    stdout.write(
      `${this.json ? JSON.stringify(value, null, 2) : inWords(styleOf(stdout, this.#world.env))}\n`,
    );
  }

  /** One of many, as it comes: as JSON it takes one line, so that whoever reads them can tell them apart. */
  line(value: unknown, inWords: (style: Style) => string): void {
    const { stdout } = this.#world;
    stdout.write(`${this.json ? JSON.stringify(value) : inWords(styleOf(stdout, this.#world.env))}\n`);
  }

  /** For people only: whoever asked for JSON finds on stderr a problem, or nothing. */
  note(line: string): void {
    if (!this.json) this.#world.stderr.write(`${line}\n`);
  }

  /** For people as well, who want to see that something is going on, whatever the data are printed as. */
  progress(line: string): void {
    this.#world.stderr.write(`${line}\n`);
  }

  failure({ complaint, hint }: Failure): void {
    const { stderr } = this.#world;
    const text = this.json
      ? JSON.stringify(complaint, null, 2)
      : complaintInWords(complaint, hint, styleOf(stderr, this.#world.env));
    stderr.write(`${text}\n`);
  }
}

export function styleOf(stream: World['stdout'], env: World['env']): Style {
  const colours = usesColours(stream, env);
  return {
    width: stream.isTTY && stream.columns ? stream.columns : null,
    paint: (format, text) => (colours ? styleText(format, text, { validateStream: false }) : text),
    now: Date.now(),
  };
}

function usesColours(stream: { isTTY?: boolean }, env: World['env']): boolean {
  return Boolean(stream.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb';
}
