import { Client, Connection, isGrpcServiceError, ServiceError } from '@temporalio/client';
import { examine, SchemaUnusable } from '../doctor/examine.ts';
import { isWell } from '../model/doctor.ts';
import { createPool } from '../store/pool.ts';
import { SecretBox } from '../webhook/secret-box.ts';
import { databaseFailure, requireDatabaseUrl } from './database-url.ts';
import { Failure } from './failure.ts';
import type { Outcome, Session } from './session.ts';
import { requireTemporal, temporalFailure } from './temporal-access.ts';
import { doctorInWords } from './words/doctor.ts';

/** Goes to Postgres and Temporal itself: what is to be mended may be what keeps the API and the workers from starting. */
export async function doctor(
  { world, settings, terminal }: Session,
  { fix = false }: { fix?: boolean },
): Promise<Outcome> {
  const databaseUrl = requireDatabaseUrl(world.env);
  const { connectionOptions, namespace, address } = requireTemporal(world.env);
  const secrets = settings.SITREP_SECRET_KEY ? new SecretBox(settings.SITREP_SECRET_KEY) : null;
  const pool = createPool(databaseUrl, { applicationName: 'sitrep doctor' });
  try {
    await pool.query('SELECT 1').catch(databaseFailure);
    const connection = await Connection.connect(connectionOptions).catch(temporalFailure(address));
    try {
      const client = new Client({ connection, namespace });
      await requireNamespace(client, namespace);
      const report = await examine(
        { databaseUrl, pool, connection, client, namespace, settings, secrets },
        fix,
      ).catch(complain);
      terminal.data(report, (style) => doctorInWords(report, style));
      return isWell(report) ? 'done' : 'failed';
    } finally {
      await connection.close();
    }
  } finally {
    await pool.end();
  }
}

/** gRPC's code for what is not there. */
const NOT_FOUND = 5;

async function requireNamespace(client: Client, namespace: string): Promise<void> {
  await client.workflowService.describeNamespace({ namespace }).catch((error: unknown) => {
    if (!isGrpcServiceError(error) || error.code !== NOT_FOUND) throw complain(error);
    const hint = `Make it (\`temporal operator namespace create -n ${namespace}\`), or name another one by TEMPORAL_NAMESPACE.`;
    throw new Failure({ title: `Temporal has no namespace ${namespace}` }, hint);
  });
}

function complain(error: unknown): never {
  if (error instanceof SchemaUnusable) {
    throw new Failure({ title: 'The database has another schema', detail: error.message });
  }
  if (error instanceof ServiceError || isGrpcServiceError(error)) {
    const detail = error.cause instanceof Error ? error.cause.message : error.message;
    throw new Failure(
      { title: 'Temporal could not do what it was asked', detail },
      'Run the doctor again: what was mended stays mended.',
    );
  }
  throw error;
}
