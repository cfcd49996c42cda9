import { dispatchAndWake } from '../activities/dispatch.ts';
import { foundNothing, note } from '../activities/found.ts';
import * as steps from '../activities/tend-steps.ts';
import { DOCTOR_KINDS, type DoctorKind, type DoctorReport, type Finding } from '../model/doctor.ts';
import type { Found } from '../model/lifecycle.ts';
import { readConfiguration } from '../store/configuration.ts';
import { migrate, schemaStanding } from '../store/migrate.ts';
import { wakeAnalysis } from '../temporal/wake-analysis.ts';
import { endLifecyclesAhead } from './lifecycles-ahead.ts';
import { addMissingSearchAttributes, makeMissingSchedule } from './namespace.ts';
import { PATIENCE_SECONDS, type Patient } from './patient.ts';
import { endReceiversGone, serveReceivers } from './receivers.ts';
import { findUnopened } from './secrets.ts';
import { startMissingLifecycles } from './undecided.ts';

/** The database has a schema that this code can neither work with nor migrate. */
export class SchemaUnusable extends Error {
  override readonly name = 'SchemaUnusable';
}

/**
 * Compares Postgres with Temporal, and mends what it finds if it is to `fix`. Postgres is right, whatever Temporal
 * remembers. Each step may run beside workers, and beside another doctor: what it does, the guards of the tables and the
 * ids of workflows make right. The order matters: what is ended first is deleted, or started anew, by later steps.
 */
export async function examine(patient: Patient, fix: boolean): Promise<DoctorReport> {
  const findings: Finding[] = [];
  const dryRun = !fix;
  const told = (kind: DoctorKind, found: Found, failed: string[] = []) => {
    if (found.count > 0) findings.push({ kind, ...found, ...DOCTOR_KINDS[kind], failed });
  };

  const lacks = await mendSchema(patient, dryRun);
  told('migrationsMissing', lacks);
  told('searchAttributesMissing', await addMissingSearchAttributes(patient, dryRun));
  told('scheduleMissing', await makeMissingSchedule(patient, dryRun));
  if (lacks.count > 0 && dryRun) return { fix, findings, incomplete: NOT_COMPARED };

  const unopened = await findUnopened(patient);
  told('secretsUnopened', unopened ?? foundNothing(), fix ? [OTHER_KEY] : []);
  told('lifecyclesAhead', await endLifecyclesAhead(patient, dryRun));
  told('receiversGone', await endReceiversGone(patient, dryRun));
  const { alone, asleep } = await serveReceivers(patient, dryRun);
  told('receiversAlone', alone);
  told('receiversWoken', asleep);

  const undispatched: string[] = [];
  const tending = tendingOf(patient, undispatched);
  const { alertsMade, ereportsMarked } = await steps.reconcileHead(tending, dryRun, true);
  told('alertsMade', alertsMade);
  told('ereportsMarked', ereportsMarked);
  const { alertsDispatched } = await steps.tellReceivers(tending, dryRun, foundNothing());
  told('alertsDispatched', alertsDispatched, undispatched);
  told('versionsPruned', await steps.pruneHistory(tending, dryRun));
  const { signalsSent, sitrepsDeleted } = await steps.sweepSitreps(tending, dryRun);
  told('signalsSent', signalsSent);
  told('sitrepsDeleted', sitrepsDeleted);
  told('submissionsDeleted', await steps.collectSubmissions(tending, dryRun));
  told('lifecyclesMissing', await startMissingLifecycles(patient, dryRun));
  const { analysesDeleted, analysisStarted } = await steps.lookAfterAnalysis(tending, dryRun, sitrepsDeleted);
  told('analysesDeleted', analysesDeleted);
  told('analysisStarted', analysisStarted);
  return { fix, findings, incomplete: unopened === null ? NO_KEY : null };
}

const NOT_COMPARED =
  'The database cannot be compared with Temporal before it has the schema of this version.';

const NO_KEY =
  'Whether the secrets of receivers can be opened was not looked at: SITREP_SECRET_KEY is not set.';

const OTHER_KEY =
  'only the key can open them that they were sealed under. Give it as SITREP_SECRET_KEY, or give each of them a new secret: sitrep receivers rotate-secret --keep 0s';

async function mendSchema({ databaseUrl, pool }: Patient, dryRun: boolean): Promise<Found> {
  const { unusable, missing } = await schemaStanding(pool);
  if (unusable !== null) throw new SchemaUnusable(unusable);
  if (missing.length > 0 && !dryRun) await migrate(databaseUrl);
  return note(foundNothing(), missing);
}

/** For the steps that `tend` takes as well. */
function tendingOf({ pool, client, settings }: Patient, undispatched: string[]): steps.Tending {
  return {
    pool,
    client,
    settings,
    configuration: () => readConfiguration(pool),
    patienceSeconds: PATIENCE_SECONDS,
    dispatch: async () => {
      for (const { alertId, error } of await dispatchAndWake(pool, client, () => {})) {
        undispatched.push(`The alert ${alertId} cannot be dispatched: ${error.message}`);
      }
    },
    callForAnalysis: () => wakeAnalysis(client),
    progress: () => {},
  };
}
