import type pg from 'pg';
import type { AnalysisView } from '../model/analysis-report.ts';
import { timeAsText } from './cursor.ts';
import { ONE_SNAPSHOT, type SitrepRef, sitrepHeading } from './sitrep-read.ts';
import { transaction } from './transaction.ts';

export type AnalysisReading =
  | { kind: 'analysis'; analysis: AnalysisView }
  /** The sitrep is there, and somebody else than analysis made it. */
  | { kind: 'notAnalysis'; sitrepId: string }
  | { kind: 'noSitrep' };

/** What is kept of the analysis that made a sitrep; of one that is only submitted, too. */
export async function readAnalysis(pool: pg.Pool, ref: SitrepRef): Promise<AnalysisReading> {
  return transaction(
    pool,
    async (client): Promise<AnalysisReading> => {
      const heading = await sitrepHeading(client, ref);
      const sitrepId = heading?.id ?? (typeof ref === 'object' && 'id' in ref ? ref.id : null);
      const { rows } = await client.query<AnalysisView>(
        `SELECT sitrep_id AS "sitrepId", ${timeAsText('time_created')} AS "timeCreated", inputs, report
           FROM fm_analysis WHERE sitrep_id = $1`,
        [sitrepId],
      );
      if (rows[0]) return { kind: 'analysis', analysis: rows[0] };
      return heading ? { kind: 'notAnalysis', sitrepId: heading.id } : { kind: 'noSitrep' };
    },
    ONE_SNAPSHOT,
  );
}
