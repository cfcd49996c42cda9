import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface Lock {
  release(): void;
}

const SQLITE_BUSY = 5;

/**
 * Makes this process the only one that works in a data folder. SQLite's lock on a file is the one that Node
 * can take and that the system gives back however the process ends, so that none is ever left behind.
 */
export async function lockFolder(folder: string): Promise<Lock> {
  const holder = join(folder, 'lock.pid');
  const database = new DatabaseSync(join(folder, 'lock.sqlite'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    const pid = await readFile(holder, 'utf8').catch(() => 'unknown');
    throw new Error(
      `The data folder ${folder} is in use by another Sitrep (process ${pid}). ` +
        'Stop that one first, or give this one a folder of its own with SITREP_DATA_DIR.',
    );
  }
  writeFileSync(holder, String(process.pid));
  return { release: () => database.close() };
}
