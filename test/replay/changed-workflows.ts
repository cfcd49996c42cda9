import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** A change of a file in src/workflows: each text, which stands there once, becomes the other. */
export interface Change {
  file: string;
  texts: [from: string, to: string][];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ChangedWorkflows {
  codePath: string;
  discard(): Promise<void>;
}

/** Bundles a changed copy of the workflows. */
export async function bundleChanged(changes: Change[]): Promise<ChangedWorkflows> {
  const folder = await mkdtemp(join(tmpdir(), 'sitrep-changed-'));
  const discard = () => rm(folder, { recursive: true });
  try {
    await cp(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const change of changes) await make(change, join(folder, 'src/workflows', change.file));
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(folder, 'src/workflows/index.ts'),
      logger: new DefaultLogger('ERROR'),
    });
    const codePath = join(folder, 'changed.js');
    await writeFile(codePath, code);
    return { codePath, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** The same for as long as `use` takes, which is given the path of the bundle. */
export async function withChanged<T>(changes: Change[], use: (codePath: string) => Promise<T>): Promise<T> {
  const { codePath, discard } = await bundleChanged(changes);
  try {
    return await use(codePath);
  } finally {
    await discard();
  }
}

async function make({ texts }: Change, path: string): Promise<void> {
  let code = await readFile(path, 'utf8');
  for (const [from, to] of texts) {
    if (code.split(from).length !== 2) throw new Error(`This does not stand once in ${path}: ${from}`);
    code = code.replace(from, () => to);
  }
  await writeFile(path, code);
}
