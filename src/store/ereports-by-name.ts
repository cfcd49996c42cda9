import type { Reported } from './analysis-inputs.ts';
import { type EreportKey, REPORTED } from './ereport-read.ts';
import type { Queryable } from './transaction.ts';

/** Those of these that the service has, as they were reported, in the order of their names; each is named once. */
export async function ereportsByName(database: Queryable, names: EreportKey[]): Promise<Reported[]> {
  // Looked up one by one, whatever a planner expects of a list that it cannot see into.
  const { rows } = await database.query<Reported>(
    `SELECT found.* FROM unnest($1::uuid[], $2::numeric[]) AS asked (restart_id, ena)
      CROSS JOIN LATERAL (SELECT ${REPORTED} FROM ereport
         WHERE ereport.restart_id = asked.restart_id AND ereport.ena = asked.ena OFFSET 0) AS found
      ORDER BY asked.restart_id, asked.ena`,
    [names.map(({ restartId }) => restartId), names.map(({ ena }) => BigInt(ena).toString())],
  );
  return rows;
}
