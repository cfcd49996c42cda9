import { DefaultLogger, Runtime } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { expect, test } from 'vitest';
import { type Change, withChanged } from './changed-workflows.ts';
import { recordedNames } from './histories.ts';
import { replay } from './replays.ts';

// That replay.test.ts would notice: each change is made in a copy of the workflows, on which what was
// recorded is replayed. docs/changing-workflows.md takes its examples from here.

// A violation is what is wanted here: no warning of it.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR' } },
  shutdownSignals: [],
});

const LIFECYCLE = 'sitrep-lifecycle.ts';

/** Changes that would break what runs, and a history that shows it. */
const BREAKING: Record<string, { change: Change; red: string }> = {
  'an activity more': {
    change: {
      file: LIFECYCLE,
      texts: [
        [
          '  const made = await makeCurrent(',
          '  await discardSubmission(input);\n  const made = await makeCurrent(',
        ],
      ],
    },
    red: 'current-superseded-released-collected',
  },
  'two activities swapped': {
    change: {
      file: 'tend.ts',
      texts: [
        ['  const versionsPruned = await pruneHistory(dryRun);\n', ''],
        [
          '  const { thorough, alertsMade, ereportsMarked } = await reconcileHead(dryRun);\n',
          '  const versionsPruned = await pruneHistory(dryRun);\n  const { thorough, alertsMade, ereportsMarked } = await reconcileHead(dryRun);\n',
        ],
      ],
    },
    red: 'tend',
  },
  'a timer less': {
    change: { file: LIFECYCLE, texts: [['  await sleep(graceMs);\n', '']] },
    red: 'orphaned-collected',
  },
  'a state shown that was not': {
    change: {
      file: LIFECYCLE,
      texts: [
        [
          "    describe(\n      'current',\n      `Reconciled",
          "    show(\n      'current',\n      `Reconciled",
        ],
      ],
    },
    red: 'current-superseded-released-collected',
  },
  'signals sent later': {
    change: {
      file: LIFECYCLE,
      texts: [
        ['        signalOthers(inserted.parentId, made.releasedIds),\n', ''],
        [
          '        made.isHead ? reign(sitrepId, made, heard) : undefined,\n',
          '        made.isHead ? reign(sitrepId, made, heard) : undefined,\n        signalOthers(inserted.parentId, made.releasedIds),\n',
        ],
      ],
    },
    red: 'signals-parent-and-released',
  },
};

test.each(Object.entries(BREAKING))(
  '[I30] %s turns the replay red',
  { timeout: 120_000 },
  async (_, { change, red }) => {
    const faults = await withChanged([change], (codePath) => replay(codePath, [red]));
    expect(faults.get(red)).toBeInstanceOf(DeterminismViolationError);
  },
);

test('[I30] other words, other time-outs, and a new step behind `patched` do not', {
  timeout: 120_000,
}, async () => {
  const names = await recordedNames();
  const changes: Change[] = [
    {
      file: LIFECYCLE,
      texts: [
        ['  allHandlersFinished,\n', '  allHandlersFinished,\n  patched,\n'],
        [
          '  const made = await makeCurrent(',
          "  if (patched('discard-before-current')) await discardSubmission(input);\n  const made = await makeCurrent(",
        ],
        ['Its document is being written.', 'It is being written.'],
        ['Make the alerts that it requests', 'Make alerts'],
      ],
    },
    { file: 'activity-options.ts', texts: [["startToCloseTimeout: '1h'", "startToCloseTimeout: '2h'"]] },
  ];
  expect(await withChanged(changes, (codePath) => replay(codePath, names))).toEqual(new Map());
});
