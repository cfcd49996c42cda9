import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { WORKFLOWS } from '../../../src/worker/bundle.ts';

const USUAL = fileURLToPath(new URL('../../../src/workflows/activity-options.ts', import.meta.url));
const IMPATIENT = fileURLToPath(new URL('impatient-options.ts', import.meta.url));

export interface Bundle {
  codePath: string;
  discard(): Promise<void>;
}

/** The workflows as they are, but for how long they wait for an activity that says nothing. */
export async function bundleImpatiently(): Promise<Bundle> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => ({
      ...config,
      resolve: { ...config.resolve, alias: { ...config.resolve?.alias, [USUAL]: IMPATIENT } },
    }),
  });
  if (!code.includes(IMPATIENT_SIGN)) throw new Error('The bundle has the usual options.');
  const folder = await mkdtemp(join(tmpdir(), 'sitrep-bundle-'));
  const codePath = join(folder, 'workflows.js');
  await writeFile(codePath, code);
  return { codePath, discard: () => rm(folder, { recursive: true }) };
}

/** Only the impatient options say this. */
const IMPATIENT_SIGN = '50ms';
