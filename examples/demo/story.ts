import { styleOf } from '../../src/cli/terminal.ts';
import type { Style } from '../../src/cli/words/style.ts';
import { type Column, table } from '../../src/cli/words/table.ts';

/** Tells what happens, and keeps count of what had to be and was or was not. */
export class Story {
  readonly style: Style = styleOf(process.stdout, process.env);
  readonly #stop: AbortSignal;
  #chapter = 0;
  #held = 0;
  #broken = 0;

  /** @param stop when it aborts, the story breaks off at its next chapter */
  constructor(stop: AbortSignal) {
    this.#stop = stop;
  }

  chapter(title: string): void {
    this.#stop.throwIfAborted();
    this.#chapter += 1;
    this.say('', this.style.paint('bold', `${this.#chapter}. ${title}`));
  }

  say(...lines: string[]): void {
    for (const line of lines) process.stdout.write(`${line}\n`);
  }

  table(columns: Column[], rows: string[][]): void {
    const width = this.style.width === null ? null : this.style.width - MARGIN.length;
    this.say('', indented(table(columns, rows, { ...this.style, width })), '');
  }

  quote(text: string): void {
    this.say('', indented(text), '');
  }

  /** Something that must be so. */
  check(what: string, holds: boolean): void {
    if (holds) this.#held += 1;
    else this.#broken += 1;
    const { paint } = this.style;
    this.say(holds ? `  ${paint('green', '✓')} ${what}` : `  ${paint('red', `✗ NOT SO: ${what}`)}`);
  }

  /** The last sentence; whether all held. */
  end(): boolean {
    const total = this.#held + this.#broken;
    const { paint } = this.style;
    if (this.#broken === 0) this.say('', paint('green', `All ${total} checks held.`));
    else this.say('', paint('red', `${this.#broken} of ${total} checks did not hold.`));
    return this.#broken === 0;
  }
}

const MARGIN = '    ';

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, MARGIN);
}
