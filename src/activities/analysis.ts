import { log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import type { Engine } from '../diagnosis/engine.ts';
import { enginesInForce } from '../diagnosis/engines-in-force.ts';
import type { AnalysisReport } from '../diagnosis/report.ts';
import type { StoredInputs } from '../diagnosis/stored-inputs.ts';
import {
  type AnalysisPace,
  type AnalysisRead,
  type AnalysisRound,
  type HandedOver,
  READ_AT_MOST,
} from '../model/analysis-workflow.ts';
import { type LifecycleStart, TEND_SCHEDULE } from '../model/lifecycle.ts';
import { countSitreps, ignoredBy, submitAnalysis } from '../store/analysis.ts';
import { type Readings, readForAnalysis } from '../store/analysis-inputs.ts';
import { markSeen } from '../store/mark-seen.ts';
import { setAside } from '../store/set-aside.ts';
import { sitrepState } from '../store/sitrep-read.ts';
import { startLifecycle } from '../temporal/lifecycle-start.ts';
import { lifecycleSummary } from '../temporal/lifecycle-summary.ts';
import { configurationReader } from './configuration.ts';
import { withHeartbeats } from './heartbeat.ts';
import { diagnoseValidly } from './valid-diagnosis.ts';

/** Failed engines that a round names, and how much of why: it is kept in a history. The log has all of it. */
const NAMED_FAILURES = 10;
const FAILURE_LENGTH = 200;

/**
 * The steps of the analysis. Each may run twice, late, or beside itself: the id of what is made follows from what it is
 * made of, and the store makes the rest right.
 */
export function analysisActivities(pool: pg.Pool, client: Client, brought: readonly Engine[]) {
  const configuration = configurationReader(pool);

  /** One analysis, of what is there now. */
  async function analyse(nowMs: number, retry: number): Promise<AnalysisRound> {
    const view = await configuration();
    const { analysisEnabled, sitrepLimit: limit, debounceMs, analysisIntervalSeconds } = view.configuration;
    const pace: AnalysisPace = { debounceMs, intervalMs: analysisIntervalSeconds * 1_000 };
    if (!analysisEnabled) return { kind: 'off', pace };
    const sitreps = await countSitreps(pool, limit);
    if (sitreps >= limit) {
      log.warn('there are too many sitreps, so the analysis makes no more of them', { sitreps, limit });
      await callForTend(client);
      return { kind: 'full', pace, sitreps, limit };
    }
    const readings = await readMarked(pool, retry);
    const time = new Date(nowMs).toISOString();
    const engines = enginesInForce(view.configuration, brought);
    const diagnosis = await diagnoseValidly({ time, ...readings }, engines);
    const { report } = diagnosis;
    const read = summary(readings, report);
    for (const { engine, error } of read.failed) log.error('an engine failed', { engine, error });
    if (diagnosis.kind === 'unchanged') {
      await putAside(pool, report);
      await setAside(pool, report.ignored, 'ignored');
      return { kind: 'unchanged', pace, ...read };
    }
    if (diagnosis.kind === 'invalid') {
      const fault = diagnosis.fault.slice(0, FAILURE_LENGTH);
      log.error('what the engines made is no valid sitrep', { fault });
      // Or the same ones would be read again and again, and nothing after them.
      await setAside(pool, readings.arrived, 'undecided');
      return { kind: 'refused', pace, fault, ...read, undecided: readings.arrived.length };
    }
    const { submission } = diagnosis;
    const digest = await submitAnalysis(pool, submission, {
      inputs: storedInputs(time, readings, view.version),
      report,
    });
    // What is ignored has to wait until the sitrep is current: another parent may have use for it.
    await putAside(pool, report);
    const { id: sitrepId, parentId, creator } = submission.document;
    const start = { sitrepId, digest, parentId, creator, summary: lifecycleSummary(submission.document) };
    return { kind: 'changed', pace, start, ...read };
  }

  return {
    analyse(nowMs: number, retry: number): Promise<AnalysisRound> {
      return withHeartbeats(() => analyse(nowMs, retry));
    },

    /** Begins the life of what an analysis made, as the API does for others, and waits until it is decided. */
    handOver(start: LifecycleStart): Promise<HandedOver> {
      return withHeartbeats(async () => {
        const handed = await decisionOf(pool, client, start);
        if (handed.kind === 'current') {
          await setAside(pool, await ignoredBy(pool, start.sitrepId), 'ignored');
        }
        return handed;
      });
    },
  };
}

/** The readings, after those that came late have got the mark that their sitrep's rendezvous could not give them. */
async function readMarked(pool: pg.Pool, retry: number): Promise<Readings> {
  const reach = { most: READ_AT_MOST, undecided: retry };
  const readings = await readForAnalysis(pool, reach);
  if (!readings.cameLate || !readings.parent) return readings;
  await markSeen(pool, readings.parent.id, { thorough: true });
  return readForAnalysis(pool, reach);
}

async function putAside(pool: pg.Pool, { notUnderstood, undecided }: AnalysisReport): Promise<void> {
  await setAside(pool, notUnderstood, 'not-understood');
  await setAside(pool, undecided, 'undecided');
}

async function decisionOf(pool: pg.Pool, client: Client, start: LifecycleStart): Promise<HandedOver> {
  const started = await startLifecycle(client, start);
  if (started.kind === 'unknown') throw started.reason;
  if (started.kind === 'decided') {
    const { decision } = started;
    if (decision.kind === 'current') return decision;
    if (decision.kind === 'orphaned') return { kind: 'lost' };
    if (decision.kind === 'refused') {
      const because = decision.refusal.kind;
      return because === 'parentNotCurrent' ? { kind: 'lost' } : { kind: 'refused', because };
    }
  }
  // An attempt before this one has started it, or it was decided long ago: the tables know.
  const found = await sitrepState(pool, start.sitrepId);
  if (!found || found.state === 'orphaned' || found.state === 'released') return { kind: 'lost' };
  if (found.version !== null) return { kind: 'current', version: found.version };
  throw new Error(`The sitrep ${start.sitrepId} is not decided yet.`);
}

/** Asks for a pass that may make room. Where that fails, there will be the next one by itself. */
async function callForTend(client: Client): Promise<void> {
  await client.schedule
    .getHandle(TEND_SCHEDULE)
    .trigger()
    .catch((error: Error) => log.warn('tend could not be asked to make room', { error: error.message }));
}

function summary({ arrived, again, more }: Readings, report: AnalysisReport): AnalysisRead {
  return {
    read: arrived.length,
    notUnderstood: report.notUnderstood.length,
    ignored: report.ignored.length,
    undecided: report.undecided.length,
    again,
    more,
    failed: report.engines
      .flatMap(({ name: engine, error }) => (error === null ? [] : { engine, error }))
      .slice(0, NAMED_FAILURES)
      .map(({ engine, error }) => ({ engine, error: firstLine(error) })),
  };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, FAILURE_LENGTH);
}

function storedInputs(time: string, readings: Readings, configurationVersion: number): StoredInputs {
  const { parent, arrived, missing, unmarked, metRequests, restarts } = readings;
  return {
    time,
    parentId: parent?.id ?? null,
    arrived: arrived.map(({ restartId, ena }) => ({ restartId, ena })),
    missing,
    unmarked,
    metRequests,
    restarts,
    configurationVersion,
  };
}
