import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { AnalysisActivities } from '../activities/index.ts';
import {
  type AnalysisPace,
  type AnalysisRead,
  type AnalysisRound,
  type HandedOver,
  READ_AT_MOST,
  WAKE_ANALYSIS_SIGNAL,
} from '../model/analysis-workflow.ts';
import { ACTIVITY, RUNS_ENGINES } from './activity-options.ts';

const wakeSignal = defineSignal(WAKE_ANALYSIS_SIGNAL);

const { analyse } = proxyActivities<AnalysisActivities>({
  ...RUNS_ENGINES,
  summary: 'Make a sitrep of what is new, if it makes a difference',
});
const { handOver } = proxyActivities<AnalysisActivities>({
  ...ACTIVITY,
  summary: 'Begin the life of the sitrep, and wait until it is decided',
});

/** What one run hands on to the next. */
interface Memory {
  pace: AnalysisPace;
  /** When the next analysis is due that nobody woke; milliseconds since 1970. */
  dueMs: number;
  /** How many ereports that were undecided it reads again. */
  retry: number;
}

/** Analyses of one run: so many can be looked through in the UI. */
const ROUNDS = 200;

/** Until the first analysis has said what is configured. */
const NOTHING_YET: Memory = { pace: { debounceMs: 250, intervalMs: 300_000 }, dueMs: 0, retry: READ_AT_MOST };

/**
 * Makes sitreps of ereports, one analysis after another: when it is woken, and at an interval. What it works on stands in
 * Postgres, so nothing is lost when this ends at any point, or runs twice; and the sitreps live without it.
 */
export async function analysis(memory: Memory = NOTHING_YET): Promise<void> {
  let { pace, dueMs, retry } = memory;
  // Whoever came before may have been woken just as it ended.
  let woken = true;
  setHandler(wakeSignal, () => {
    woken = true;
  });
  let goesOn = false;
  for (let rounds = 1; ; rounds++) {
    if (!goesOn) {
      const left = dueMs - Date.now();
      const isWoken = woken || (left > 0 && (await condition(() => woken, left)));
      // A storm of ereports is one analysis.
      if (isWoken) await sleep(pace.debounceMs);
    }
    woken = false;
    const startedMs = Date.now();
    const isDue = startedMs >= dueMs;
    const round = await analyse(startedMs, isDue ? retry : 0);
    const handed = round.kind === 'changed' ? await handOver(round.start) : null;
    describe(startedMs, round, handed);
    pace = round.pace;
    const nextMs = startedMs + pace.intervalMs;
    dueMs = isDue ? nextMs : Math.min(dueMs, nextMs);
    if ('again' in round && round.again) {
      const isDecided = round.undecided === 0;
      // What is still undecided has time until the next interval; with luck, the next of them are decided as well.
      if (isDecided) dueMs = startedMs;
      retry = isDecided ? Math.min(READ_AT_MOST, retry * 2) : halfOf(round.read);
    }
    goesOn = handed?.kind === 'lost' || ('more' in round && round.more);
    // Wake-ups make a history long as well.
    if (rounds === ROUNDS || workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof analysis>({ pace, dueMs, retry });
    }
  }
}

/**
 * One ereport that an engine can't cope with keeps all that are read with it undecided. Those are read again in ever
 * smaller numbers, until it is alone.
 */
function halfOf(read: number): number {
  return Math.max(1, Math.ceil(read / 2));
}

/** Says in Temporal what the last analysis did. */
function describe(startedMs: number, round: AnalysisRound, handed: HandedOver | null): void {
  const time = new Date(startedMs).toISOString();
  setCurrentDetails(`**${round.kind}**, at ${time}\n\n${inWords(round, handed)}`);
}

function inWords(round: AnalysisRound, handed: HandedOver | null): string {
  switch (round.kind) {
    case 'off':
      return 'The configuration says that ereports are not analysed.';
    case 'full':
      return `There are ${round.sitreps} sitreps, and no more than ${round.limit} shall be made. It goes on when some have been collected: \`tend\` was asked to look. Either more has to be allowed (\`sitrepLimit\`), or fewer kept (\`keepVersions\`).`;
    case 'unchanged':
      return `${readInWords(round)} No case has changed, so there is no new sitrep.`;
    case 'refused':
      return `${readInWords(round)} What the engines made of it is not valid, so nothing of it counts: ${round.fault}.`;
    case 'changed': {
      const { sitrepId } = round.start;
      return `${readInWords(round)} The sitrep ${sitrepId} ${became(handed)}.`;
    }
  }
}

function became(handed: HandedOver | null): string {
  switch (handed?.kind) {
    case 'current':
      return `became current, version ${handed.version}`;
    case 'refused':
      return `was refused (${handed.because}); all is looked at anew when it is woken, or at the interval`;
    default:
      return 'lost to another one, and all is looked at anew';
  }
}

function readInWords({ read, again, notUnderstood, ignored, undecided, failed, more }: AnalysisRead): string {
  const parts = [
    `${read} ereports were ${again ? 'read again' : 'new'}.`,
    notUnderstood > 0 && `No engine understood ${notUnderstood} of them.`,
    ignored > 0 && `${ignored} of them need no case.`,
    undecided > 0 && `${undecided} of them are undecided, and will be read again.`,
    more && 'More wait.',
    ...failed.map(({ engine, error }) => `The engine \`${engine}\` failed: ${error}.`),
  ];
  return parts.filter((part) => part !== false).join(' ');
}
