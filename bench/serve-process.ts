import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BenchDatabase } from './database.ts';

const COMMAND = fileURLToPath(new URL('../bin/sitrep.mjs', import.meta.url));
/** No sitrep falls out of history while something else is measured. */
const KEEP_VERSIONS = '1000000';
const SECRET_KEY = Buffer.alloc(32).toString('base64');

export interface ServeProcess {
  pid: number;
  /** Where the API listens; empty for a worker. */
  url: string;
  stop(): Promise<void>;
}

/** `sitrep serve api` or `sitrep serve worker`, as a process of its own: what it takes is nobody else's. */
export async function serve(
  part: 'api' | 'worker',
  { url }: BenchDatabase,
  temporalAddress: string,
  namespace: string,
): Promise<ServeProcess> {
  const child = spawn(process.execPath, [COMMAND, 'serve', part], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      DATABASE_URL: url,
      TEMPORAL_ADDRESS: temporalAddress,
      TEMPORAL_NAMESPACE: namespace,
      SITREP_AUTH: 'off',
      SITREP_LISTEN: '127.0.0.1:0',
      SITREP_SECRET_KEY: SECRET_KEY,
      SITREP_KEEP_VERSIONS: KEEP_VERSIONS,
    },
  });
  const endTogether = () => child.kill();
  process.once('exit', endTogether);
  child.once('exit', () => process.off('exit', endTogether));
  const started = await start(child, part);
  return {
    pid: child.pid as number,
    url: started,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Its log is its output; once it serves, it says so. */
async function start(child: ChildProcess, part: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.once('exit', (code) => reject(new Error(`sitrep serve ${part} ended with ${code}.`)));
  child.once('error', reject);
  if (!child.stdout) throw new Error('The output of a process is missing.');
  createInterface(child.stdout).on('line', (line) => {
    const { msg, url = '' } = JSON.parse(line) as { msg: string; url?: string };
    if (msg === 'the API listens' || msg === 'the worker works') resolve(url);
  });
  return promise;
}
