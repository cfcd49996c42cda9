import { Context } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { workflowIdOf } from '../../../src/model/lifecycle.ts';
import { enginePathsOf, readSettings } from '../../../src/model/settings.ts';
import { createPool } from '../../../src/store/pool.ts';
import { CHUNK, type RendezvousCursor } from '../../../src/store/rendezvous.ts';
import { loadEngines } from '../../../src/worker/engines.ts';
import { installRuntime } from '../../../src/worker/runtime.ts';
import { startWorker } from '../../../src/worker/worker.ts';
import { testMail } from '../../support/mail.ts';
import { type Doom, doomedPool } from './doomed-pool.ts';
import type { KillPoint } from './kill-point.ts';
import { given, obey, say, strikeMyself } from './mortality.ts';

// A worker as a process of its own. It kills itself where the test says.

/** How long an attempt of a delivery may take; what a killed worker was sending is sent again after twice that. */
const sendMs = process.env.SITREP_FIRE_SEND_MS;
const logger = pino({ level: 'silent' });
installRuntime(logger);
obey(begin);
await say('ready');

async function begin(point: KillPoint | null) {
  const namespace = given('TEMPORAL_NAMESPACE');
  const settings = readSettings(process.env);
  const pool = createPool(given('DATABASE_URL'), { applicationName: 'sitrep worker' });
  const connection = await NativeConnection.connect({ address: given('TEMPORAL_ADDRESS') });
  const worker = await startWorker({
    pool: point ? doomedPool(pool, doomOf(point), () => strikeMyself(point.signal ?? 'SIGKILL')) : pool,
    connection,
    client: new Client({ connection, namespace }),
    namespace,
    mail: testMail(sendMs ? { totalMs: Number(sendMs) } : {}),
    settings,
    engines: await loadEngines(enginePathsOf(settings)),
    logger,
    workflowBundle: { codePath: given('SITREP_FIRE_BUNDLE') },
  });
  // A worker never ends by itself, whatever becomes of its servers: the test sees the exit code.
  worker.failed.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  await say('working');
  return worker;
}

/**
 * Counts the uses of the database by each attempt of the activity, wherever in its code they are; with those of
 * earlier attempts, where it goes on from what they said last.
 */
function doomOf({ activity, sitrepId, step, statement, moment, passes = 0 }: KillPoint): Doom {
  const steps = new WeakMap<Context, number>();
  let passed = 0;
  let struck = false;
  return (asked) => {
    if (statement !== undefined && !asked.includes(statement)) return null;
    const context = Context.current();
    const { activityType, workflowExecution } = context.info;
    if (struck || activityType !== activity) return null;
    if (sitrepId !== undefined && workflowExecution?.workflowId !== workflowIdOf(sitrepId)) return null;
    const before = steps.get(context) ?? (statement === undefined ? chunksBefore(context) : 0);
    steps.set(context, before + 1);
    if (before + 1 !== step) return null;
    passed += 1;
    struck = passed > passes;
    return struck ? moment : null;
  };
}

/** Only a rendezvous goes on from what an earlier attempt has done. */
function chunksBefore({ info: { activityType, heartbeatDetails } }: Context): number {
  if (activityType !== 'rendezvous') return 0;
  const cursor: RendezvousCursor | undefined = heartbeatDetails;
  return Math.ceil((cursor?.examined ?? 0) / CHUNK);
}
