import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listProcesses } from '../../src/local/process-list.ts';

export async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(await realpath(tmpdir()), 'sitrep-local-'));
}

/** The ids of the servers whose command line names a folder. */
export async function serversOf(folder: string): Promise<number[]> {
  const running = await listProcesses();
  return running
    .filter(({ commandLine }) => commandLine.includes(`${folder}/`) && !commandLine.includes('stack-process'))
    .map(({ pid }) => pid);
}

/** This process's environment without any that names a Postgres or a Temporal server. */
export function localEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter(
    (name) => name !== 'DATABASE_URL' && !name.startsWith('TEMPORAL_'),
  );
  const kept = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  return { ...kept, TEMPORAL_CONFIG_FILE: join(tmpdir(), 'no-such-file.toml'), ...more };
}
