import { Counter, Gauge, type Registry } from 'prom-client';
import type { createActivities } from '../activities/index.ts';
import type { AnalysisRound, HandedOver } from '../model/analysis-workflow.ts';
import { type Found, TEND_KINDS, type TendKind } from '../model/lifecycle.ts';
import { countBy } from '../telemetry/counter.ts';

type Activities = ReturnType<typeof createActivities>;
type Inserted = Awaited<ReturnType<Activities['insertSitrep']>>;
type Standing = Awaited<ReturnType<Activities['makeCurrent']>>;
type Met = Awaited<ReturnType<Activities['rendezvous']>>;

/**
 * The same activities, which count what they come to. How long they take, how often they fail and how long they wait, the
 * SDK measures. One that is run again since its answer was lost counts again.
 */
export function counted(
  activities: Activities,
  registry: Registry,
  engineNames: readonly string[],
): Activities {
  const metrics = new WorkMetrics(registry, engineNames);
  return {
    ...activities,
    async insertSitrep(input) {
      return metrics.inserted(await activities.insertSitrep(input));
    },
    async makeCurrent(sitrepId, parentId) {
      return metrics.decided(await activities.makeCurrent(sitrepId, parentId));
    },
    async rendezvous(sitrepId) {
      return metrics.met(await activities.rendezvous(sitrepId));
    },
    async analyse(nowMs, retry) {
      return metrics.analysed(await activities.analyse(nowMs, retry));
    },
    async handOver(start) {
      return metrics.handedOver(await activities.handOver(start));
    },
    async reconcileHead(dryRun) {
      const { thorough, ...found } = await activities.reconcileHead(dryRun);
      return { thorough, ...metrics.found(dryRun, found) };
    },
    async tellReceivers(dryRun, alertsMade) {
      return metrics.found(dryRun, await activities.tellReceivers(dryRun, alertsMade));
    },
    async pruneHistory(dryRun) {
      return metrics.found(dryRun, { versionsPruned: await activities.pruneHistory(dryRun) }).versionsPruned;
    },
    async sweepSitreps(dryRun) {
      return metrics.found(dryRun, await activities.sweepSitreps(dryRun));
    },
    async collectSubmissions(dryRun) {
      const submissionsDeleted = await activities.collectSubmissions(dryRun);
      return metrics.found(dryRun, { submissionsDeleted }).submissionsDeleted;
    },
    async collectMarkers(dryRun) {
      return metrics.found(dryRun, { markersDeleted: await activities.collectMarkers(dryRun) })
        .markersDeleted;
    },
    async lookAfterAnalysis(dryRun, sitrepsDeleted) {
      return metrics.found(dryRun, await activities.lookAfterAnalysis(dryRun, sitrepsDeleted));
    },
    async forgetAccess(dryRun) {
      const found = metrics.found(dryRun, await activities.forgetAccess(dryRun));
      if (!dryRun) metrics.passed();
      return found;
    },
  };
}

class WorkMetrics {
  readonly #commit;
  readonly #refusal;
  readonly #rendezvous;
  readonly #alertsMade;
  readonly #found;
  readonly #lastPass;
  readonly #round;
  readonly #lastRound;
  readonly #read;
  readonly #made;
  readonly #engineFailure;

  constructor(registry: Registry, engineNames: readonly string[]) {
    const registers = [registry];
    this.#commit = countBy(registry, {
      name: 'sitrep_commits_total',
      help: 'Sitreps that were to become current, by what became of them: an orphaned one has lost to another.',
      label: 'outcome',
      values: ['current', 'orphaned', 'released', 'sitrepGone'],
    });
    this.#refusal = countBy(registry, {
      name: 'sitrep_refusals_total',
      help: 'Sitreps that were refused when they were to be written.',
      label: 'reason',
      values: ['sitrepIdReused', 'parentNotCurrent', 'requestIdUsed', 'invalid', 'submissionGone'],
    });
    this.#rendezvous = countBy(registry, {
      name: 'sitrep_rendezvous_total',
      help: 'Rendezvous, by how they ended: a stale one was overtaken by another sitrep.',
      label: 'outcome',
      values: ['met', 'stale'],
    });
    this.#alertsMade = new Counter({
      name: 'sitrep_alerts_made_total',
      help: 'Alerts that rendezvous made.',
      registers,
    });
    this.#found = countBy(registry, {
      name: 'sitrep_tend_found_total',
      help: 'What `tend` found to be mended.',
      label: 'kind',
      values: Object.keys(TEND_KINDS),
    });
    this.#lastPass = new Gauge({
      name: 'sitrep_tend_last_pass_timestamp_seconds',
      help: 'When `tend` last came to its end in this process; 0 before.',
      registers,
    });
    this.#round = countBy(registry, {
      name: 'sitrep_analysis_rounds_total',
      help: 'Analyses, by what they came to.',
      label: 'outcome',
      values: ['off', 'full', 'unchanged', 'refused', 'changed'],
    });
    this.#lastRound = new Gauge({
      name: 'sitrep_analysis_last_round_timestamp_seconds',
      help: 'When the analysis last looked for something to do in this process; 0 before.',
      registers,
    });
    this.#read = countBy(registry, {
      name: 'sitrep_analysis_ereports_total',
      help: 'Ereports that analyses read, and those of them that found no place in a case.',
      label: 'outcome',
      values: ['read', 'not-understood', 'ignored', 'undecided'],
    });
    this.#made = countBy(registry, {
      name: 'sitrep_analysis_sitreps_total',
      help: 'Sitreps that analyses made, by what became of them.',
      label: 'outcome',
      values: ['current', 'lost', 'refused'],
    });
    this.#engineFailure = countBy(registry, {
      name: 'sitrep_analysis_engine_failures_total',
      help: 'Analyses in which an engine failed.',
      label: 'engine',
      values: engineNames,
    });
  }

  inserted(outcome: Inserted): Inserted {
    if (outcome.kind === 'refused') this.#refusal(outcome.refusal.kind);
    return outcome;
  }

  decided(standing: Standing): Standing {
    this.#commit(standing.kind);
    return standing;
  }

  met(outcome: Met): Met {
    this.#rendezvous(outcome.kind);
    this.#alertsMade.inc(outcome.created);
    return outcome;
  }

  analysed(round: AnalysisRound): AnalysisRound {
    this.#round(round.kind);
    this.#lastRound.setToCurrentTime();
    if ('read' in round) {
      this.#read('read', round.read);
      this.#read('not-understood', round.notUnderstood);
      this.#read('ignored', round.ignored);
      this.#read('undecided', round.undecided);
      for (const { engine } of round.failed) this.#engineFailure(engine);
    }
    return round;
  }

  handedOver(handed: HandedOver): HandedOver {
    this.#made(handed.kind);
    return handed;
  }

  /** A dry run mends nothing, so it finds the same once more. */
  found<Kind extends TendKind>(dryRun: boolean, found: Record<Kind, Found>): Record<Kind, Found> {
    for (const [kind, { count }] of Object.entries<Found>(found)) if (!dryRun) this.#found(kind, count);
    return found;
  }

  passed(): void {
    this.#lastPass.setToCurrentTime();
  }
}
