import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The entry of the workflow code; TypeScript as it is, which the SDK's bundler takes. */
export const WORKFLOWS = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

const TRACING = fileURLToPath(new URL('../workflows/tracing.ts', import.meta.url));

/** Made by `npm run build`, so that all workers of a release run the same code. Beside the sources there are none. */
const RELEASED = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
const RELEASED_TRACED = fileURLToPath(new URL('../workflow-bundle-traced.js', import.meta.url));

export interface BundleOptions {
  /** With what traces need in it, which the others are spared: each workflow in memory has a copy. */
  traced?: boolean;
}

/** What workers run: the bundle of the release, or in a checkout the sources as they are now. */
export async function workflows({ traced = false }: BundleOptions = {}): Promise<WorkflowBundleOption> {
  const released = traced ? RELEASED_TRACED : RELEASED;
  return existsSync(released) ? { codePath: released } : bundle({ traced });
}

/** The workflows as one script. */
function bundle({ traced = false }: BundleOptions): Promise<{ code: string }> {
  return bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    workflowInterceptorModules: traced ? [TRACING] : [],
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
export async function bundleWorkflows(file: string, options: BundleOptions = {}): Promise<void> {
  const { code } = await bundle(options);
  await writeFile(file, code);
}
