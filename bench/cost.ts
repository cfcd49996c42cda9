import { setTimeout as pause } from 'node:timers/promises';
import { ANALYSIS } from '../src/model/analysis-workflow.ts';
import { workflowIdOf } from '../src/model/lifecycle.ts';
import { receiverWorkflowId } from '../src/model/receiver-workflow.ts';
import { dispatchAlerts } from '../src/store/dispatch.ts';
import { writeEreports } from '../src/store/ereport.ts';
import { makeCurrent } from '../src/store/make-current.ts';
import { rendezvous } from '../src/store/rendezvous.ts';
import { type History, historyOf } from './actions.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { insert, KEEP_ALL } from './commit.ts';
import { configure } from './configure.ts';
import { withDatabase } from './database.ts';
import { documentOf } from './document.ts';
import { Endpoint } from './endpoint.ts';
import { aShelf, psuEreport, reports, taken } from './ereports.ts';
import { bodyOf, reportEreports } from './report-ereports.ts';
import { figure } from './row.ts';
import { type BenchService, startService } from './service.ts';
import { type Spent, spent } from './spent.ts';
import { smallDocument, submit } from './submitter.ts';
import { makeAlerts, subscribe } from './subscriber.ts';
import { untilAtRest } from './until-at-rest.ts';
import { untilNone } from './until-none.ts';

const CHILDREN = ['fm_case', 'fm_ereport_in_case', 'fm_alert_request'];
const BATCH = 1_000;
/** So few that sitreps come to the end of their lives while others are measured. */
const KEEP_FEW = 10;

export const costCase: BenchCase = {
  name: 'cost',
  title: 'what each thing costs: bytes in Postgres, events and actions in Temporal',
  async run(ground) {
    const endpoint = await Endpoint.start();
    const service = await startService(ground);
    try {
      return [
        ...(await ofRows(ground)),
        ...(await ofDeliveries(ground, service, endpoint)),
        ...(await ofLives(ground, service)),
        ...(await ofTelling(ground, service, endpoint)),
        ...(await ofAnalyses(ground, service)),
      ];
    } finally {
      await service.stop();
      await endpoint.stop();
    }
  },
};

/** By the store alone, so many at once that what comes with each sitrep doesn't count. */
function ofRows({ postgresUrl, scale }: Ground): Promise<Row[]> {
  const count = scale.rows(20_000);
  return withDatabase(postgresUrl, 'cost', async ({ pool }) => {
    const writing = (size: { cases: number; requests: number; ereports: number }) =>
      spent(pool, CHILDREN, () => insert(pool, documentOf(size, null)));
    const cases = await writing({ cases: count, requests: 0, ereports: 0 });
    const assignments = await writing({ cases: 1, requests: 0, ereports: count });
    const head = documentOf({ cases: 1, requests: count, ereports: 0 }, null);
    const requests = await spent(pool, CHILDREN, () => insert(pool, head));
    await makeCurrent(pool, head.id, null, KEEP_ALL);
    const alerts = await spent(pool, ['alert', 'rendezvous_alert_created'], () => rendezvous(pool, head.id));
    const ereports = reports(10, Math.ceil(count / 10))
      .flat()
      .map(taken);
    const ingest = await spent(pool, ['ereport', 'ereporter_restart'], async () => {
      for (let n = 0; n < ereports.length; n += BATCH)
        await writeEreports(pool, ereports.slice(n, n + BATCH));
    });
    return [
      ...each('a case, in each sitrep that carries it', cases, count),
      ...each('an ereport in a case, in each sitrep that carries it', assignments, count),
      ...each('an alert request of 300 bytes, in each sitrep that carries it', requests, count),
      ...each('an alert of 300 bytes with its marker', alerts, count),
      ...each('an ereport', ingest, ereports.length),
    ];
  });
}

async function ofDeliveries(
  { scale }: Ground,
  { pool, wake }: BenchService,
  endpoint: Endpoint,
): Promise<Row[]> {
  const count = scale.rows(20_000);
  const receiver = await subscribe(pool, endpoint.url);
  await makeAlerts(pool, count);
  const deliveries = await spent(pool, ['delivery', 'delivery_attempt'], async () => {
    await dispatchAlerts(pool, async () => {});
    await wake(receiver);
    await untilNone(pool, `delivery WHERE state = 'pending'`);
  });
  await pool.query('DELETE FROM receiver');
  return each('a delivery with its one attempt', deliveries, count);
}

/** Small sitreps one after the other, from submission to collection. */
async function ofLives({ scale }: Ground, { pool, url, client }: BenchService): Promise<Row[]> {
  const count = KEEP_FEW + scale.rounds(100);
  await configure(pool, { keepVersions: KEEP_FEW });
  const ids: string[] = [];
  const lives = await spent(pool, [], async () => {
    for (let parent: string | null = null; ids.length < count; parent = ids.at(-1) ?? null) {
      const document = smallDocument(parent);
      await submit(url, document);
      ids.push(document.id);
    }
  });
  const [first] = ids;
  if (first === undefined) throw new Error('No sitrep was submitted.');
  await client.workflow.getHandle(workflowIdOf(first)).result();
  const what = 'the life of a sitrep with 2 cases, 2 requests and 2 ereports';
  return [
    figure({ what: `${what}, in the log`, samples: [lives.logged / count] }, null, 'bytes'),
    ...inTemporal(what, await historyOf(client, workflowIdOf(first)), 1),
  ];
}

/** One alert after the other, each delivered before the next one is made. */
async function ofTelling(
  { scale }: Ground,
  { pool, url, client }: BenchService,
  endpoint: Endpoint,
): Promise<Row[]> {
  const count = scale.rounds(20);
  const id = receiverWorkflowId(await subscribe(pool, endpoint.url));
  let head = await headOf(pool);
  const tell = async () => {
    endpoint.forget();
    const arrival = endpoint.arrived(1);
    const document = documentOf({ cases: 1, requests: 1, ereports: 0 }, head);
    head = document.id;
    await submit(url, document);
    await arrival;
    await untilNone(pool, `delivery WHERE state = 'pending'`);
  };
  await tell();
  const before = await settled(client, id);
  for (let n = 0; n < count; n++) await tell();
  return inTemporal('waking a receiver for what is due', less(await settled(client, id), before), count);
}

/** One ereport after the other, each with its case and its alert before the next one comes. */
async function ofAnalyses({ scale }: Ground, service: BenchService): Promise<Row[]> {
  const count = scale.rounds(10);
  await configure(service.pool, { analysisEnabled: true });
  const report = async () => {
    await reportEreports(service.url, [bodyOf([psuEreport(aShelf(), 1, Date.now())])]);
    await untilAtRest(service.pool);
  };
  await report();
  const before = await settled(service.client, ANALYSIS);
  for (let n = 0; n < count; n++) await report();
  const after = less(await settled(service.client, ANALYSIS), before);
  return inTemporal('an analysis that makes a sitrep', after, count);
}

async function headOf(pool: BenchService['pool']): Promise<string | null> {
  const { rows } = await pool.query<{ id: string | null }>('SELECT sitrep_id AS id FROM fm_sitrep_head');
  return rows[0]?.id ?? null;
}

/** The history once it has stopped growing: what was done last is told to Temporal a moment later. */
async function settled(client: BenchService['client'], workflowId: string): Promise<History> {
  let seen = await historyOf(client, workflowId);
  for (;;) {
    await pause(500);
    const now = await historyOf(client, workflowId);
    if (now.events === seen.events) return now;
    seen = now;
  }
}

function less(one: History, other: History): History {
  return {
    events: one.events - other.events,
    bytes: one.bytes - other.bytes,
    actions: one.actions - other.actions,
  };
}

function each(what: string, { kept, logged }: Spent, count: number): Row[] {
  return [
    figure({ what: `${what}, kept`, samples: [kept / count] }, null, 'bytes'),
    figure({ what: `${what}, in the log`, samples: [logged / count] }, null, 'bytes'),
  ];
}

function inTemporal(what: string, { events, bytes, actions }: History, count: number): Row[] {
  return [
    figure({ what: `${what}, in Temporal`, samples: [actions / count] }, null, 'actions'),
    figure({ what: `${what}, in its history`, samples: [events / count] }, null, 'events'),
    figure({ what: `${what}, in its history`, samples: [bytes / count] }, null, 'bytes'),
  ];
}
