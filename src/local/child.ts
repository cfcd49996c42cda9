import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface ChildOptions {
  /** What messages call it. */
  name: string;
  command: string;
  args: string[];
  logFile: string;
  /** The signal that makes it end in order. */
  stopSignal: NodeJS.Signals;
  /** Asks it once whether it serves; asked again until it does. Must end by itself within seconds. */
  probe(): Promise<unknown>;
  readyWithin: number;
  /** What it gets to end in order before it is killed. */
  stopWithin?: number;
  signal?: AbortSignal | undefined;
}

export interface RunningChild {
  pid: number;
  /** Rejects when it ends without having been stopped. */
  failed: Promise<never>;
  stop(): Promise<void>;
}

const STOP_WITHIN = 10_000;
const PROBE_PAUSE = 40;
const TAIL_LINES = 15;

/** Starts a server as a child process and waits until it serves. */
export async function startChild(options: ChildOptions): Promise<RunningChild> {
  options.signal?.throwIfAborted();
  const { child, ended } = await launch(options);
  let stopping = false;
  const stop = async () => {
    stopping = true;
    await end(child, ended, options);
  };
  try {
    await untilReady(options, ended);
  } catch (error) {
    await stop();
    throw error;
  }
  const failed = ended.then(async (how) => {
    if (stopping) return new Promise<never>(() => {});
    throw new Error(`${options.name} ${how}.${await tail(options.logFile)}`);
  });
  // Whoever doesn't watch it must not be ended by it; the others see it all the same.
  failed.catch(() => {});
  return { pid: child.pid as number, failed, stop };
}

interface Launched {
  child: ChildProcess;
  /** How it ended, once it has. */
  ended: Promise<string>;
}

/**
 * `detached` gives the child a process group of its own: a Ctrl-C in the terminal reaches only the parent,
 * which stops what uses its children before it stops them.
 */
async function launch({ command, args, logFile, stopSignal }: ChildOptions): Promise<Launched> {
  const log = await openLog(logFile);
  try {
    const child = spawn(command, args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
    stopAtExit(child, stopSignal);
    return { child, ended: endOf(child) };
  } finally {
    await log.close();
  }
}

/** Keeps the log of the run before: it may tell why that one ended. */
async function openLog(file: string) {
  await mkdir(dirname(file), { recursive: true });
  await rename(file, `${file}.previous`).catch(() => {});
  return open(file, 'w');
}

/** A parent that exits without stopping its children, say by an uncaught exception, takes them with it. */
function stopAtExit(child: ChildProcess, stopSignal: NodeJS.Signals): void {
  const stop = () => child.kill(stopSignal);
  process.once('exit', stop);
  child.once('exit', () => process.removeListener('exit', stop));
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
  });
}

async function end(
  child: ChildProcess,
  ended: Promise<string>,
  { stopSignal, stopWithin = STOP_WITHIN }: ChildOptions,
): Promise<void> {
  child.kill(stopSignal);
  const kill = setTimeout(() => child.kill('SIGKILL'), stopWithin);
  await ended;
  clearTimeout(kill);
}

async function untilReady(options: ChildOptions, ended: Promise<string>): Promise<void> {
  const { name, logFile, readyWithin, signal } = options;
  const over = new AbortController();
  const ready = probeUntilReady(options, over.signal);
  const early = ended.then(async (how) => {
    throw new Error(`${name} ${how} before it was ready.${await tail(logFile)}`);
  });
  const late = pause(readyWithin, undefined, { signal: over.signal }).then(async () => {
    throw new Error(`${name} was not ready within ${readyWithin / 1000} s.${await tail(logFile)}`);
  });
  try {
    await Promise.race([ready, early, late, abortion(signal, over.signal)]);
  } finally {
    over.abort();
  }
}

async function probeUntilReady({ probe }: ChildOptions, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const serves = await probe().then(
      () => true,
      () => false,
    );
    // Once more the pause: if another server answered on the port, this child is just about to end.
    await pause(PROBE_PAUSE);
    if (serves) return;
  }
}

function abortion(signal: AbortSignal | undefined, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { signal: over });
  });
}

async function tail(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n');
  const last = lines.slice(-TAIL_LINES).join('\n');
  return last === '' ? ` Its log ${logFile} is empty.` : ` The end of its log ${logFile}:\n${last}`;
}
