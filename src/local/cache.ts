import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Found, isExecutable } from './chain.ts';

/** Where programs are kept that were downloaded or built, for all checkouts of this user. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sitrep');
}

/** The first of some programs that an earlier run has put into the cache. */
export async function findCached(programs: string[]): Promise<Found> {
  for (const path of programs) if (await isExecutable(path)) return { path };
  return { missing: 'nothing yet' };
}

/**
 * Puts a program into the cache. The work is done in a folder beside its own, which is moved when it is
 * complete: an interrupted attempt leaves nothing that looks finished, and two at once do not meet.
 */
export async function addToCache(
  program: string,
  fill: (unfinished: string) => Promise<{ missing: string } | null>,
): Promise<Found> {
  const folder = dirname(program);
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    const fault = await fill(unfinished);
    if (fault) return fault;
    await rename(unfinished, folder).catch(async (error) => {
      if (!(await isExecutable(program))) throw error;
    });
    return { path: program };
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
