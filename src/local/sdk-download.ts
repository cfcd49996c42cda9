import { TestWorkflowEnvironment } from '@temporalio/testing';

// A program of its own: in the caller's process the SDK would set up its runtime, which can be done only
// once and is for the worker to do, and a download that hangs could not be ended.

const [kind, downloadDir] = process.argv.slice(2);
const server = { executable: { type: 'cached-download' as const, ...(downloadDir ? { downloadDir } : {}) } };
try {
  const started =
    kind === 'time-skipping'
      ? await TestWorkflowEnvironment.createTimeSkipping({ server })
      : await TestWorkflowEnvironment.createLocal({ server });
  await started.teardown();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
