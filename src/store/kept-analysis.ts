import type pg from 'pg';
import { AnalysisInputsView } from '../model/analysis-report.ts';
import type { SitrepDocument } from '../model/sitrep.ts';
import type { Reported } from './analysis-inputs.ts';
import type { EreportKey } from './ereport-read.ts';
import { ereportsByName } from './ereports-by-name.ts';
import { readDocument } from './sitrep-document.ts';
import { ONE_SNAPSHOT } from './sitrep-read.ts';
import { type Queryable, transaction } from './transaction.ts';

/** A version of history, and what the analysis that made it depended on. */
export interface KeptVersion {
  version: number;
  sitrepId: string;
  analysis: KeptAnalysis;
}

/** Whole, or what of it is not there. */
export type KeptAnalysis =
  | { kind: 'kept'; document: SitrepDocument; configurationVersion: number; inputs: KeptInputs }
  | { kind: 'notAnalysis' }
  /** Written by other code than this. */
  | { kind: 'unreadable' }
  | { kind: 'parentCollected' }
  | { kind: 'ereportsGone' };

/** What was stored by name, with what these names stand for. */
export interface KeptInputs
  extends Pick<AnalysisInputsView, 'time' | 'unmarked' | 'metRequests' | 'restarts'> {
  parent: SitrepDocument | null;
  arrived: Reported[];
  assigned: Reported[];
}

/**
 * This version or, if it was pruned, the next one that is there; null when there is none so late. Read in a transaction
 * that could not write.
 */
export async function keptVersion(pool: pg.Pool, from: number): Promise<KeptVersion | null> {
  return transaction(
    pool,
    async (client) => {
      const { rows } = await client.query<{ version: number; sitrepId: string }>(
        `SELECT version, sitrep_id AS "sitrepId" FROM fm_sitrep_history
          WHERE version >= $1 ORDER BY version LIMIT 1`,
        [from],
      );
      const [found] = rows;
      return found ? { ...found, analysis: await keptAnalysis(client, found.sitrepId) } : null;
    },
    ONE_SNAPSHOT,
  );
}

async function keptAnalysis(client: Queryable, sitrepId: string): Promise<KeptAnalysis> {
  const { rows } = await client.query<{ inputs: unknown }>(
    'SELECT inputs FROM fm_analysis WHERE sitrep_id = $1',
    [sitrepId],
  );
  const [stored] = rows;
  if (!stored) return { kind: 'notAnalysis' };
  const read = AnalysisInputsView.safeParse(stored.inputs);
  if (!read.success) return { kind: 'unreadable' };
  const { parentId, missing, configurationVersion, arrived: arrivedNames, ...inputs } = read.data;
  const parent = parentId === null ? null : await readDocument(client, parentId);
  if (parentId !== null && !parent) return { kind: 'parentCollected' };
  const arrived = await ereportsByName(client, arrivedNames);
  const assignedNames = parent ? openEreports(parent, missing) : [];
  const assigned = await ereportsByName(client, assignedNames);
  if (arrived.length < arrivedNames.length || assigned.length < assignedNames.length) {
    return { kind: 'ereportsGone' };
  }
  const document = await readDocument(client, sitrepId);
  if (!document) throw new Error(`The sitrep ${sitrepId} is in history, and has no row.`);
  return { kind: 'kept', document, configurationVersion, inputs: { ...inputs, parent, arrived, assigned } };
}

/** The ereports of open cases, each once, but for those that were not there. */
function openEreports({ cases }: SitrepDocument, missing: EreportKey[]): EreportKey[] {
  const open = cases.filter(({ closed }) => !closed).flatMap(({ ereports }) => ereports);
  const named = new Map(open.map((one) => [nameOf(one), one]));
  for (const one of missing) named.delete(nameOf(one));
  return [...named.values()];
}

function nameOf({ restartId, ena }: EreportKey): string {
  return `${restartId} ${ena}`;
}
