import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The entry of the workflow code; TypeScript as it is, which the SDK's bundler takes. */
export const WORKFLOWS = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** Made by `npm run build`, so that all workers of a release run the same code. Beside the sources there is none. */
const RELEASED = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** What workers run: the bundle of the release, or in a checkout the sources as they are now. */
export async function workflows(): Promise<WorkflowBundleOption> {
  return existsSync(RELEASED) ? { codePath: RELEASED } : bundle();
}

/** The workflows as one script. */
function bundle(): Promise<{ code: string }> {
  return bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    // What webpack says of success is of use to nobody.
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => ({
      ...config,
      // Stacks stand in histories: they name files of Sitrep, wherever it was bundled. The text of those is of no use there.
      devtool: 'inline-nosources-source-map',
      output: {
        ...config.output,
        devtoolModuleFilenameTemplate: (file: { absoluteResourcePath: string }) =>
          file.absoluteResourcePath.replaceAll(ROOT, ''),
      },
    }),
  });
}

/** Bundles them into a file, for many processes to start workers from without bundling again. */
export async function bundleWorkflows(file: string): Promise<void> {
  const { code } = await bundle();
  await writeFile(file, code);
}
