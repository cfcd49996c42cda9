import { type ChildProcess, spawn } from 'node:child_process';

export interface ToolOptions {
  /** What a report says while it runs, e.g. `building the server`. */
  doing: string;
  report: (line: string) => void;
  env: NodeJS.ProcessEnv;
  timeout: number;
  cwd?: string;
  signal?: AbortSignal | undefined;
}

const REPORT_EVERY = 15_000;
const STOP_WITHIN = 2_000;
const REASON_LINES = 3;

/** Runs a program to its end. Answers why it failed, or null. */
export async function runTool(
  command: string,
  args: string[],
  { doing, report, env, timeout, cwd, signal }: ToolOptions,
): Promise<{ missing: string } | null> {
  signal?.throwIfAborted();
  const begun = Date.now();
  const seconds = () => Math.round((Date.now() - begun) / 1000);
  const still = setInterval(() => report(`still ${doing} (${seconds()} s)`), REPORT_EVERY);
  // A group of its own, so that what it starts in turn ends with it.
  const child = spawn(command, args, { detached: true, cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const giveUp = () => {
    // Interrupted, a build removes its temporary files.
    signalGroup(child, 'SIGINT');
    setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_WITHIN).unref();
  };
  const late = setTimeout(giveUp, timeout);
  signal?.addEventListener('abort', giveUp);
  process.once('exit', giveUp);
  try {
    const fault = await outcome(child);
    signal?.throwIfAborted();
    if (fault && seconds() * 1000 >= timeout) return { missing: `was not done after ${seconds()} s` };
    return fault;
  } finally {
    clearInterval(still);
    clearTimeout(late);
    signal?.removeEventListener('abort', giveUp);
    process.removeListener('exit', giveUp);
  }
}

function outcome(child: ChildProcess): Promise<{ missing: string } | null> {
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4096);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ missing: error.message }));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(null);
      const reason = errors.trim().split('\n').slice(-REASON_LINES).join(' ');
      resolve({ missing: reason || `ended with ${signal ?? `exit code ${code}`}` });
    });
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has just ended by itself.
  }
}
