import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Captured } from '../cli/captured.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/sitrep.mjs', import.meta.url));

/** What `sitrep up -o json` prints. */
export interface Announced {
  url: string;
  reference: string;
  temporalAddress: string;
  temporalUiUrl: string;
  dataDir: string;
  token: string;
  log: string;
}

export interface LocalStack extends Announced {
  process: ChildProcess;
  /** Ends with its exit code, and all that it said on stderr. */
  ended: Promise<{ code: number | null; err: string }>;
}

/** A folder for a stack's data that a Postgres of another user can get through to. */
export async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sitrep-e2e-'));
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'temporal.toml'), '[profile.default]\n');
  return folder;
}

/** An environment that names no servers, whatever the one of the tests names. */
function environment(folder: string, more: Record<string, string>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(DATABASE_URL|NO_COLOR|TEMPORAL_.*|SITREP_.*)$/.test(name),
  );
  return { ...Object.fromEntries(own), TEMPORAL_CONFIG_FILE: join(folder, 'temporal.toml'), ...more };
}

/** `sitrep up` as a process of its own, once it runs. */
export async function startLocalStack(
  folder: string,
  more: Record<string, string> = {},
): Promise<LocalStack> {
  const child = spawn(process.execPath, [PROGRAM, 'up', '-o', 'json'], {
    env: environment(folder, {
      SITREP_DATA_DIR: join(folder, 'data'),
      SITREP_LISTEN: '127.0.0.1:0',
      ...more,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<{ code: number | null; err: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, err }));
  });
  const announced = new Promise<Announced>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.endsWith('}\n')) resolve(JSON.parse(out));
    });
  });
  const early = ended.then(({ code }) => {
    throw new Error(`sitrep up ended with ${code}:\n${err}`);
  });
  early.catch(() => {});
  return { ...(await Promise.race([announced, early])), process: child, ended };
}

/** Which Sitrep is run, and with which Node. */
export interface Program {
  node: string;
  path: string;
}

const CHECKOUT: Program = { node: process.execPath, path: PROGRAM };

interface Surroundings {
  url?: string;
  /** Of the stack at that URL, whose token is in it. */
  dataDir?: string;
  folder?: string;
  env?: Record<string, string>;
  program?: Program;
}

/** One command line as a user runs it, in a process of its own; what it has printed so far is captured. */
export function startCommand(
  args: string[],
  { url = '', dataDir = '', folder = tmpdir(), env = {}, program = CHECKOUT }: Surroundings = {},
) {
  const reached = { ...(url ? { SITREP_URL: url } : {}), ...(dataDir ? { SITREP_DATA_DIR: dataDir } : {}) };
  const child = spawn(program.node, [program.path, ...args], {
    env: environment(folder, { ...reached, ...env }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const captured: Captured = { code: 0, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    captured.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    captured.err += text;
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<Captured>((resolve) => {
    child.once('close', (code) => resolve(Object.assign(captured, { code: code ?? -1 })));
  });
  return { child, captured, ended };
}

/** The same from its beginning to its end. */
export function command(
  args: string[],
  { stdin = '', ...surroundings }: Surroundings & { stdin?: string } = {},
): Promise<Captured> {
  const { child, ended } = startCommand(args, surroundings);
  child.stdin.end(stdin);
  return ended;
}

/** All processes that descend from this one. */
export async function descendants(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const parents = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const below = (parent: number): number[] =>
    parents.filter(([, its]) => its === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Asks until it is so, within bounds. */
export async function until(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  within = 15_000,
): Promise<void> {
  const deadline = Date.now() + within;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Not so within ${within / 1000} s: ${what}`);
    await pause(50);
  }
}

export async function discard(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
