import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };

export const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

const run = promisify(execFile);

export interface InstalledPackage {
  /** The project that it was installed in, which has nothing else. */
  folder: string;
  /** Where it is in that. */
  root: string;
  /** What `npx sitrep` runs. */
  bin: string;
  /** All files of the package. */
  files: string[];
  discard(): Promise<void>;
}

/**
 * Makes the package, and installs it in an empty folder. What it depends on is that of this checkout, and of that only
 * what package.json names for those who run it: so nothing is fetched, and what is named nowhere is not there.
 */
export async function installPackage(): Promise<InstalledPackage> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'sitrep-package-'));
  const discard = () => rm(folder, { recursive: true, force: true });
  try {
    return { folder, discard, ...(await installIn(folder)) };
  } catch (error) {
    await discard();
    throw error;
  }
}

async function installIn(folder: string) {
  await run('npm', ['pack', '--pack-destination', folder], { cwd: CHECKOUT });
  const root = join(folder, 'node_modules', packageJson.name);
  await mkdir(root, { recursive: true });
  const tarball = join(folder, `${packageJson.name}-${packageJson.version}.tgz`);
  await run('tar', ['-xzf', tarball, '-C', root, '--strip-components=1']);
  const { dependencies, optionalDependencies } = packageJson;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    await link(join(CHECKOUT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  const bin = join(folder, 'node_modules', '.bin', 'sitrep');
  await link(join(root, packageJson.bin.sitrep), bin);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  return { root, bin, files };
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
