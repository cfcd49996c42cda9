import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** The entry of the workflow code; TypeScript as it is, which the SDK's bundler takes. */
export const WORKFLOWS = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** The workflows as one script. */
export function bundle(): Promise<{ code: string }> {
  return bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    // What webpack says of success is of use to nobody.
    logger: new DefaultLogger('WARN'),
  });
}

/** Bundles them into a file, for many processes to start workers from without bundling again. */
export async function bundleWorkflows(file: string): Promise<void> {
  const { code } = await bundle();
  await writeFile(file, code);
}
