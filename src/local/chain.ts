import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Where a program was found, or why it was not. */
export type Found = { path: string } | { missing: string };

export interface Source {
  name: string;
  look(): Promise<Found>;
}

/** Looks into the sources one after the other; throws an error that says what each of them lacked. */
export async function firstFound(what: string, sources: Source[], advice: string): Promise<string> {
  const tried: string[] = [];
  for (const { name, look } of sources) {
    const found = await look();
    if ('path' in found) return found.path;
    tried.push(`  - ${name}: ${found.missing}`);
  }
  throw new Error(`${what} was not found. Tried:\n${tried.join('\n')}\n${advice}`);
}

/** A program on the PATH of an environment. */
export async function findOnPath(program: string, env: NodeJS.ProcessEnv): Promise<Found> {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const path = join(folder, program);
    if (await isExecutable(path)) return { path };
  }
  return { missing: `there is no \`${program}\`` };
}

export function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
