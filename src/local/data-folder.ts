import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { stopLeftovers } from './leftover.ts';
import { lockFolder } from './lock.ts';
import { postgresMarks } from './postgres.ts';
import { temporalMark } from './temporal-server.ts';

/** What the local servers keep between runs, while this process is the only one that works in it. */
export interface DataFolder {
  /** Absolute, without symbolic links: servers are recognised by the paths in their command lines. */
  path: string;
  temporalFile: string;
  logs: string;
  release(): void;
}

/** Makes the folder if need be, takes it for this process, and stops what a killed run left running in it. */
export async function takeDataFolder(folder: string, report: (line: string) => void): Promise<DataFolder> {
  await mkdir(folder, { recursive: true });
  const path = await realpath(folder);
  const lock = await lockFolder(path);
  const temporalFile = join(path, 'temporal.db');
  try {
    await stopLeftovers([...postgresMarks(path), temporalMark(temporalFile)], report);
  } catch (error) {
    lock.release();
    throw error;
  }
  return { path, temporalFile, logs: join(path, 'logs'), release: lock.release };
}
