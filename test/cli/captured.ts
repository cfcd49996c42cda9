import { Readable, Writable } from 'node:stream';
import { run } from '../../src/cli/run.ts';

export interface Captured {
  code: number;
  out: string;
  err: string;
}

/** Runs one command line in this process, and captures what it prints and how it ends. */
export async function sitrep(
  args: string[],
  { url = '', stdin = '', env = {}, columns = 0 } = {},
): Promise<Captured> {
  const stdout = capture(columns);
  const stderr = capture(columns);
  const code = await run(args, {
    env: { ...(url ? { SITREP_URL: url } : {}), ...env },
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout,
    stderr,
  });
  return { code, out: stdout.text, err: stderr.text };
}

function capture(columns: number): Writable & { text: string; isTTY?: boolean; columns?: number } {
  const stream = new Writable({
    write(chunk, _, done) {
      captured.text += String(chunk);
      done();
    },
  });
  const captured = Object.assign(stream, { text: '', ...(columns > 0 ? { isTTY: true, columns } : {}) });
  return captured;
}
