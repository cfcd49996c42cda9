import { CommanderError } from 'commander';
import { Failure, Misuse } from './failure.ts';
import { buildProgram } from './program.ts';
import type { Outcome } from './session.ts';
import { Terminal, type World } from './terminal.ts';

export const DONE = 0;
export const FAILED = 1;
export const MISUSED = 2;

/** Runs one command line (without the program's name), and says with which code the process shall end. */
export async function run(args: string[], world: World): Promise<number> {
  let outcome: Outcome = 'done';
  const program = buildProgram(world, (ended) => {
    outcome = ended;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return outcome === 'done' ? DONE : FAILED;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : MISUSED;
    if (error instanceof Misuse) {
      world.stderr.write(`error: ${error.message}\n`);
      return MISUSED;
    }
    const terminal = new Terminal(world, program.opts().output);
    terminal.failure(error instanceof Failure ? error : unexpected(error));
    return FAILED;
  }
}

/** Nobody foresaw it, so what it says is all that can be said. */
function unexpected(error: unknown): Failure {
  return new Failure({
    title: 'Something went wrong',
    detail: error instanceof Error ? error.message : String(error),
  });
}
