import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url));

/** The files of all migrations, in order. */
export async function migrationNames(): Promise<string[]> {
  return (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
}

/** A folder below `parent` with the first so many migrations, as that release had it, and files of a test's own. */
export async function migrationsOfRelease(
  parent: string,
  release: number,
  more: Record<string, string> = {},
): Promise<URL> {
  const folder = join(parent, [release, ...Object.keys(more)].join('-'));
  await mkdir(folder, { recursive: true });
  for (const name of (await migrationNames()).slice(0, release)) {
    await copyFile(join(FOLDER, name), join(folder, name));
  }
  for (const [name, sql] of Object.entries(more)) await writeFile(join(folder, name), sql);
  return pathToFileURL(`${folder}/`);
}
