import type pg from 'pg';
import type { Engine } from '../diagnosis/engine.ts';
import { readable } from '../diagnosis/readable.ts';
import { rediagnose } from '../diagnosis/rediagnose.ts';
import { boundedDifferences } from '../model/bounded-differences.ts';
import type { Configuration } from '../model/configuration.ts';
import { diffCases, isSame } from '../model/diff.ts';
import type { RediagnosisAsked, RediagnosisPage, RediagnosisView } from '../model/rediagnosis.ts';
import { readConfiguration } from '../store/configuration.ts';
import { type KeptVersion, keptVersion } from '../store/kept-analysis.ts';
import { currentSitrep } from '../store/sitrep-read.ts';
import { withHeartbeats } from './heartbeat.ts';

/** Makes the engines of a configuration. */
export type EnginesOf = (configuration: Configuration) => readonly Engine[];

/** So long a page goes on to another version: somebody waits for it. It has one at least, or nobody would get on. */
const PAGE_MS = 5_000;
/** With so many bytes a page is full; the last version goes beyond it by what one may have. Temporal takes 2 MiB. */
const PAGE_BYTES = 1024 * 1024;
const VERSION_BYTES = 256 * 1024;
/** Characters of what an engine threw: there may be a hundred of them in each version. */
const MAX_ERROR = 500;

/** What is diagnosed once more. Nothing here writes; the documents of one version at a time are in memory. */
export function rediagnosisActivities(pool: pg.Pool, enginesOf: EnginesOf, pageMs = PAGE_MS) {
  return {
    async rediagnoseVersions({ from, limit }: RediagnosisAsked): Promise<RediagnosisPage> {
      return withHeartbeats(async (progress) => {
        const { version: configurationVersion, configuration } = await readConfiguration(pool);
        const engines = enginesOf(configuration);
        const currentVersion = (await currentSitrep(pool))?.version ?? 0;
        const items: RediagnosisView[] = [];
        const deadline = performance.now() + pageMs;
        let bytes = 0;
        let next: number | null = from;
        do {
          const kept: KeptVersion | null = next > currentVersion ? null : await keptVersion(pool, next);
          if (kept) {
            const view = onceMore(kept, engines);
            items.push(view);
            bytes += Buffer.byteLength(JSON.stringify(view));
            progress(kept.version);
          }
          next = kept && kept.version < currentVersion ? kept.version + 1 : null;
        } while (next !== null && items.length < limit && bytes < PAGE_BYTES && performance.now() < deadline);
        return { configurationVersion, currentVersion, items, nextVersion: next };
      });
    },
  };
}

const NOTHING = {
  configurationVersion: null,
  differences: { opened: [], closed: [], changed: [], gone: [], requestsAdded: [], requestsDropped: [] },
  omitted: 0,
  failedEngines: [],
};

function onceMore({ version, sitrepId, analysis }: KeptVersion, engines: readonly Engine[]): RediagnosisView {
  if (analysis.kind !== 'kept') return { version, sitrepId, outcome: analysis.kind, ...NOTHING };
  const { document, inputs, configurationVersion } = analysis;
  const { cases, report } = rediagnose(inputs, document, engines);
  const all = diffCases(document.cases, cases);
  return {
    version,
    sitrepId,
    outcome: isSame(all) ? 'same' : 'different',
    configurationVersion,
    ...boundedDifferences(all, VERSION_BYTES),
    failedEngines: report.engines.flatMap(({ name, error }) => {
      return error === null ? [] : [{ name, error: readable(error, MAX_ERROR) }];
    }),
  };
}
