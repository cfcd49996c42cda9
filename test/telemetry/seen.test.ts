import { readFile } from 'node:fs/promises';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROUTES } from '../../src/api/routes/index.ts';
import { ANALYSIS } from '../../src/model/analysis-workflow.ts';
import { newId } from '../../src/model/id.ts';
import { workflowIdOf } from '../../src/model/lifecycle.ts';
import { receiverWorkflowId } from '../../src/model/receiver-workflow.ts';
import { until } from '../e2e/local-stack.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { aChildOf, aSitrep, requestIds } from '../support/document.ts';
import { answer, Hook } from '../support/hook.ts';
import { connectTemporal, type TestTemporal } from '../support/temporal.ts';
import { Collector } from './collector.ts';
import { Scrape } from './scrape.ts';
import { COLLECTOR_TOKEN, environmentOf, SECRET_KEY, Served } from './served.ts';

// One run of the real processes, with all that can be seen of it: what it measured, traced and logged.

const SLOW = 120_000;

let db: TestDatabase;
let temporal: TestTemporal;
let collector: Collector;
let hook: Hook;
let refusing: Hook;
let api: Served;
let worker: Served;
let apiUrl: string;
let scrapes: { api: Scrape; worker: Scrape };
let receiver: Receiver;

const Receiver = z.object({ id: z.string(), secret: z.string() });
type Receiver = z.output<typeof Receiver>;

/** As it comes from a browser, or from a service that traces as well. */
const CLIENT_TRACE = '0af7651916cd43dd8448eb211c80319c';
const LATER_TRACE = '1af7651916cd43dd8448eb211c80319c';
const EREPORT_TRACE = '2af7651916cd43dd8448eb211c80319c';
const traced = (traceId: string) => ({ traceparent: `00-${traceId}-b7ad6b7169203331-01` });

const HOOK_TOKEN = 'token-of-a-hook-4711';
const FIRST = aSitrep();
const SECOND = aChildOf(FIRST, { cases: [...FIRST.cases, ...aSitrep().cases] });
const LOSER = aChildOf(FIRST);

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: response.status === 204 ? null : await response.json() };
}

async function addReceiver(name: string, endpoint: string, retryDelays = [0]): Promise<Receiver> {
  const subscriptions = ['**', 'test.**'];
  const { body } = await ask('POST', '/v1/receivers', { name, endpoint, subscriptions, retryDelays });
  return Receiver.parse(body);
}

beforeAll(async () => {
  [db, temporal, collector, hook, refusing] = await Promise.all([
    createDatabase(),
    connectTemporal(),
    Collector.start(),
    Hook.start(),
    Hook.start(),
  ]);
  refusing.answer = answer(500);
  const env = environmentOf(db, temporal, collector.endpoint);
  worker = new Served('worker', env);
  await worker.says('the worker works');
  api = new Served('api', env);
  apiUrl = await api.urlOf('the API listens');
  await history();
  scrapes = {
    api: await Scrape.of(await api.urlOf('metrics are served')),
    worker: await Scrape.of(await worker.urlOf('metrics are served')),
  };
}, SLOW);

/** What happens. All that is measured, traced and logged is of this. */
async function history(): Promise<void> {
  receiver = await addReceiver('takes', `${hook.url}?token=${HOOK_TOKEN}`);
  await addReceiver('refuses', refusing.url, [0, 3_600]);
  expect(await ask('POST', '/v1/sitreps', FIRST, traced(CLIENT_TRACE))).toMatchObject({ status: 201 });
  await atRest(1);
  expect(hook.ids).toEqual(requestIds(FIRST));
  expect(await ask('POST', '/v1/sitreps', SECOND, traced(LATER_TRACE))).toMatchObject({ status: 201 });
  await atRest(2);
  expect(await ask('POST', '/v1/sitreps', LOSER)).toMatchObject({ status: 409 });
  const ereport = await readFile(new URL('../../examples/ereports/psu-remove.json', import.meta.url), 'utf8');
  expect(await ask('POST', '/v1/ereports', ereport, traced(EREPORT_TRACE))).toMatchObject({ status: 200 });
  await atRest(3);
  expect([hook.ids.length, refusing.ids.length]).toEqual([3, 3]);
  expect(await ask('POST', '/v1/tend')).toMatchObject({ status: 200 });
  expect(await ask('GET', `/v1/sitreps/${FIRST.id}`)).toMatchObject({ status: 200 });
  expect(await ask('GET', `/v1/sitreps/${newId()}`)).toMatchObject({ status: 404 });
  expect(await ask('GET', `/nowhere/${newId()}`)).toMatchObject({ status: 404 });
  await fail();
}

/** Nobody works at it any more: its alerts are there, told of, and on record as told, and the analysis has looked. */
async function atRest(version: number): Promise<void> {
  const { pool } = db;
  const isAtRest = async () => {
    const { rows } = await pool.query<{ version: number; marked: number; waiting: number }>(
      `SELECT h.version, p.generation AS marked,
              (SELECT count(*) FROM alert WHERE time_dispatched IS NULL)
              + (SELECT count(*) FROM delivery WHERE state = 'pending' AND attempts = 0)
              + (SELECT count(*) FROM delivery_attempt WHERE outcome IS NULL) AS waiting
         FROM fm_sitrep_head h JOIN fm_rendezvous_progress p ON p.kind = 'ereport'`,
    );
    const [row] = rows;
    return row?.version === version && row.marked === version && row.waiting === 0;
  };
  await until(`version ${version} is met, and told of`, isAtRest, 30_000);
  const metrics = await worker.urlOf('metrics are served');
  const rendezvous = async () =>
    (await Scrape.of(metrics)).value('sitrep_rendezvous_total', { outcome: 'met' });
  await until(`the rendezvous of version ${version} has ended`, async () => (await rendezvous()) === version);
  await until('the analysis waits', analysisWaits);
}

/** It has looked since it was last woken, and has done what was to do. */
async function analysisWaits(): Promise<boolean> {
  const { events } = await temporal.client.workflow.getHandle(ANALYSIS).fetchHistory();
  const all = events ?? [];
  const woken = all.findLastIndex((event) => event.workflowExecutionSignaledEventAttributes);
  const since = all.slice(woken);
  const count = (isOne: (event: (typeof all)[number]) => unknown) => since.filter(isOne).length;
  const begun = count((event) => event.activityTaskScheduledEventAttributes);
  return begun > 0 && begun === count((event) => event.activityTaskCompletedEventAttributes);
}

/** Something that nobody expects, so that the log has an error. */
async function fail(): Promise<void> {
  await db.pool.query('ALTER TABLE alert RENAME TO alert_that_is_away');
  expect(await ask('GET', '/v1/alerts')).toMatchObject({ status: 500 });
  await db.pool.query('ALTER TABLE alert_that_is_away RENAME TO alert');
}

afterAll(async () => {
  await api?.stop();
  await worker?.stop();
  await Promise.all([collector?.stop(), hook?.stop(), refusing?.stop()]);
  await temporal?.close();
  await db?.drop();
});

describe('a scrape', () => {
  test('of an API shows how things stand, as they are after what happened', () => {
    const shown = scrapes.api;
    const sitreps = (state: string) => shown.value('sitrep_sitreps', { state });
    expect(shown.value('sitrep_database_up')).toBe(1);
    expect(shown.value('sitrep_current_version')).toBe(3);
    expect(shown.value('sitrep_versions_kept')).toBe(3);
    expect({ current: sitreps('current'), superseded: sitreps('superseded') }).toEqual({
      current: 1,
      superseded: 2,
    });
    expect(sitreps('orphaned')).toBeGreaterThanOrEqual(1);
    expect(shown.value('sitrep_rendezvous_lag_seconds', { kind: 'alert' })).toBe(0);
    expect(shown.value('sitrep_rendezvous_lag_seconds', { kind: 'ereport' })).toBe(0);
    expect(shown.value('sitrep_alerts_undispatched')).toBe(0);
    expect(shown.value('sitrep_alert_undispatched_oldest_age_seconds')).toBe(0);
    expect(shown.value('sitrep_deliveries_pending')).toBe(3);
    expect(shown.value('sitrep_delivery_pending_oldest_age_seconds')).toBeGreaterThan(0);
    expect(shown.value('sitrep_receivers', { state: 'enabled' })).toBe(1);
    expect(shown.value('sitrep_receivers', { state: 'failing' })).toBe(1);
    expect(shown.value('sitrep_ereports_unread')).toBe(0);
    expect(shown.value('sitrep_pool_connections_max', { pool: 'api' })).toBe(10);
    expect(shown.value('sitrep_pool_waiting', { pool: 'api' })).toBe(0);
  });

  test('of an API counts requests by route and status, and names no id', () => {
    const shown = scrapes.api;
    const requests = (labels: Record<string, string>) => shown.value('sitrep_http_requests_total', labels);
    expect(requests({ method: 'POST', route: '/v1/sitreps', status: '201' })).toBe(2);
    expect(requests({ method: 'GET', route: '/v1/sitreps/{sitrep}', status: '200' })).toBe(1);
    expect(requests({ method: 'GET', route: '/v1/sitreps/{sitrep}', status: '404' })).toBe(1);
    expect(requests({ method: 'GET', route: 'none', status: '404' })).toBe(1);
    expect(requests({ method: 'GET', route: '/v1/alerts', status: '500' })).toBe(1);
    const count = 'sitrep_http_request_duration_seconds_count';
    expect(shown.value(count, { method: 'GET', route: '/v1/sitreps/{sitrep}' })).toBe(2);
    const known = [...ROUTES.map(({ path }) => path as string), 'none'];
    expect(known).toEqual(expect.arrayContaining(shown.labelValues('sitrep_http_requests_total', 'route')));
  });

  test('of a worker counts what its work came to', () => {
    const shown = scrapes.worker;
    expect(shown.value('sitrep_commits_total', { outcome: 'current' })).toBe(3);
    expect(shown.value('sitrep_commits_total', { outcome: 'orphaned' })).toBeGreaterThanOrEqual(1);
    expect(shown.value('sitrep_rendezvous_total', { outcome: 'met' })).toBe(3);
    expect(shown.value('sitrep_alerts_made_total')).toBe(3);
    expect(shown.value('sitrep_analysis_rounds_total', { outcome: 'changed' })).toBe(1);
    expect(shown.value('sitrep_analysis_sitreps_total', { outcome: 'current' })).toBe(1);
    expect(shown.value('sitrep_analysis_ereports_total', { outcome: 'read' })).toBe(1);
    const now = Date.now() / 1_000;
    for (const last of ['sitrep_analysis_last_round', 'sitrep_tend_last_pass']) {
      expect(shown.value(`${last}_timestamp_seconds`)).toBeGreaterThan(now - 600);
    }
    expect(shown.value('sitrep_tend_found_total', { kind: 'sitrepsDeleted' })).toBe(0);
    expect(shown.value('sitrep_delivery_attempts_total', { outcome: 'delivered' })).toBe(3);
    expect(shown.value('sitrep_delivery_attempts_total', { outcome: 'rejected' })).toBe(3);
    expect(shown.value('sitrep_deliveries_ended_total', { state: 'delivered' })).toBe(3);
    expect(shown.value('sitrep_deliveries_ended_total', { state: 'failed' })).toBe(0);
    expect(shown.value('sitrep_pool_connections_max', { pool: 'worker' })).toBe(10);
  });

  test("of a worker shows what Temporal's SDK measures as well, in seconds", () => {
    const shown = scrapes.worker;
    const queue = { task_queue: 'sitrep' };
    const made = { ...queue, activity_type: 'makeCurrent' };
    expect(
      shown.value('temporal_activity_schedule_to_start_latency_seconds_count', queue),
    ).toBeGreaterThanOrEqual(3);
    expect(shown.value('temporal_activity_execution_latency_seconds_count', made)).toBeGreaterThanOrEqual(3);
    expect(shown.names()).toContain('temporal_workflow_task_schedule_to_start_latency_seconds_bucket');
    expect(shown.names()).toContain('temporal_worker_task_slots_available');
  });

  test('names no sitrep, receiver, alert or other thing by its id', () => {
    const values = [scrapes.api, scrapes.worker].flatMap(({ samples }) =>
      samples.flatMap(({ labels }) => Object.values(labels)),
    );
    expect(values.length).toBeGreaterThan(100);
    expect(values.filter((value) => /[0-9a-f]{8}-[0-9a-f]{4}/i.test(value))).toEqual([
      // But for the namespace of this test.
      ...values.filter((value) => value === temporal.namespace),
    ]);
  });
});

describe('ops/alerts.yml', () => {
  const Rules = z.strictObject({
    groups: z.array(
      z.strictObject({
        name: z.string(),
        rules: z.array(
          z.strictObject({
            alert: z.string().regex(/^Sitrep[A-Za-z]+$/),
            expr: z.string(),
            for: z
              .string()
              .regex(/^\d+[smh]$/)
              .optional(),
            labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
            annotations: z.strictObject({ summary: z.string(), action: z.string().min(40) }),
          }),
        ),
      }),
    ),
  });
  const METRIC = /\b((?:sitrep|temporal)_\w+)(?:\{([^}]*)\})?/g;
  const MATCHER = /(\w+)(=~|=)"([^"]*)"/g;

  test('asks only for metrics and labels that are served', async () => {
    const text = await readFile(new URL('../../ops/alerts.yml', import.meta.url), 'utf8');
    const rules = Rules.parse(parse(text)).groups.flatMap(({ rules }) => rules);
    expect(rules.length).toBeGreaterThan(15);
    const all = Scrape.together([scrapes.api, scrapes.worker]);
    const wrong: string[] = [];
    for (const { alert, expr, annotations } of rules) {
      const metrics = [...expr.matchAll(METRIC)];
      if (metrics.length === 0) wrong.push(`${alert} asks for nothing`);
      for (const [, name = '', matchers = ''] of metrics) {
        if (!all.names().includes(name)) wrong.push(`${alert}: nothing serves ${name}`);
        for (const [, label = '', operator, value = ''] of matchers.matchAll(MATCHER)) {
          const values = all.labelValues(name, label);
          const asked = operator === '=~' ? value.split('|') : [value];
          const missing = asked.filter(
            (one) => !values.some((served) => new RegExp(`^${one}$`).test(served)),
          );
          if (missing.length > 0) wrong.push(`${alert}: no ${name} has ${label} ${missing.join(', ')}`);
        }
      }
      const names = metrics.map(([, name = '']) => name);
      const grouped = [
        ...expr.matchAll(/by \(([^)]*)\)/g),
        ...annotations.summary.matchAll(/\$labels\.(\w+)/g),
      ];
      for (const label of grouped.flatMap(([, labels = '']) => labels.split(/,\s*/))) {
        const isServed = names.some((name) => all.labelValues(name, label).some((value) => value !== ''));
        if (!isServed) wrong.push(`${alert}: nothing that it asks for has a label ${label}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('is explained, and so are all metrics of ours', async () => {
    const page = await readFile(new URL('../../docs/observability.md', import.meta.url), 'utf8');
    const rules = Rules.parse(
      parse(await readFile(new URL('../../ops/alerts.yml', import.meta.url), 'utf8')),
    ).groups.flatMap(({ rules }) => rules);
    const ours = Scrape.together([scrapes.api, scrapes.worker])
      .names()
      .filter((name) => name.startsWith('sitrep_'))
      .map((name) => name.replace(/_(?:bucket|sum|count)$/, ''));
    const words = [...new Set([...ours, ...rules.map(({ alert }) => alert)])];
    expect(words.filter((word) => !page.includes(`\`${word}`))).toEqual([]);
  });
});

describe('a trace', () => {
  test('shows the whole way of one sitrep, from the request to the webhook', async () => {
    const submitted = '… > POST /v1/sitreps';
    const life = `${submitted} > UpdateWithStartWorkflow:decision > Life:sitrepLifecycle`;
    const step = (name: string) => `${life} > StartActivity:${name} > RunActivity:${name}`;
    const woken = `${step('rendezvous')} > SignalWithStartWorkflow:receiver > Round:receiver`;
    const way = [
      `${submitted} > INSERT sitrep_submission`,
      `${step('insertSitrep')} > INSERT fm_sitrep`,
      `${step('insertSitrep')} > COPY fm_alert_request`,
      `${step('makeCurrent')} > SELECT fm_make_current`,
      `${step('rendezvous')} > SELECT fm_rendezvous_alert_chunk`,
      `${step('rendezvous')} > SELECT dispatch_alert_chunk`,
      `${woken} > StartActivity:deliverDue > RunActivity:deliverDue > SELECT begin_attempts`,
      `${woken} > StartActivity:deliverDue > RunActivity:deliverDue > POST webhook`,
      `${woken} > StartActivity:deliverDue > RunActivity:deliverDue > SELECT end_attempts`,
    ];
    for (const traceId of [CLIENT_TRACE, LATER_TRACE]) {
      await expect.poll(() => collector.pathsOf(traceId)).toEqual(expect.arrayContaining(way));
    }
  });

  test('of a sitrep goes on in what its receivers are sent', async () => {
    const [first, later] = hook.received.map(({ headers }) => String(headers.traceparent));
    expect(first).toMatch(new RegExp(`^00-${CLIENT_TRACE}-[0-9a-f]{16}-01$`));
    expect(later).toMatch(new RegExp(`^00-${LATER_TRACE}-[0-9a-f]{16}-01$`));
    const spanId = first?.split('-')[2];
    await expect
      .poll(() => collector.spans.find((span) => span.spanId === spanId))
      .toMatchObject({
        name: 'POST webhook',
        service: 'sitrep-worker',
        attributes: { 'sitrep.receiver_id': receiver.id, 'sitrep.sitrep_id': FIRST.id },
      });
  });

  test('of an ereport leads through the analysis to the alert', async () => {
    const reported = '… > POST /v1/ereports';
    const step = (name: string) => `StartActivity:${name} > RunActivity:${name}`;
    const round = `${reported} > SignalWithStartWorkflow:analysis > Round:analysis`;
    const life = `${round} > ${step('handOver')} > UpdateWithStartWorkflow:decision > Life:sitrepLifecycle`;
    const woken = `${life} > ${step('rendezvous')} > SignalWithStartWorkflow:receiver > Round:receiver`;
    const way = [
      `${reported} > INSERT ereporter_restart`,
      `${round} > ${step('analyse')} > INSERT fm_analysis`,
      `${life} > ${step('makeCurrent')} > SELECT fm_make_current`,
      `${woken} > ${step('deliverDue')} > POST webhook`,
    ];
    await expect.poll(() => collector.pathsOf(EREPORT_TRACE)).toEqual(expect.arrayContaining(way));
  });

  test('has no values of statements, and no endpoints, in it', () => {
    const written = JSON.stringify(collector.spans);
    expect(collector.spans.length).toBeGreaterThan(50);
    for (const secret of [HOOK_TOKEN, new URL(hook.url).host, SECRET_KEY, receiver.secret]) {
      expect(written).not.toContain(secret);
    }
  });

  test.each<[what: string, workflowId: () => string]>([
    ['a lifecycle', () => workflowIdOf(SECOND.id)],
    ['a receiver', () => receiverWorkflowId(receiver.id)],
    ['the analysis', () => ANALYSIS],
  ])('[I30] is in no history: that of %s replays on workflows that do not trace', async (_, id) => {
    const history = await temporal.client.workflow.getHandle(id()).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: { codePath: inject('workflowBundle') } }, history, id());
  });
});

describe('the logs', () => {
  test('say in each line which request it was, or which step of which sitrep', () => {
    const failed = api.lines.filter(({ level }) => level >= 50);
    expect(failed).not.toEqual([]);
    for (const line of failed)
      expect(line).toMatchObject({ requestId: expect.any(String), err: expect.any(Object) });
    const answered = api.lines.filter(({ msg }) => msg === 'answered');
    expect(answered.length).toBeGreaterThan(8);
    expect(new Set(answered.map(({ requestId }) => requestId)).size).toBe(answered.length);
    expect(answered).toContainEqual(
      expect.objectContaining({ method: 'GET', route: '/v1/sitreps/{sitrep}', status: 200 }),
    );

    const steps = worker.lines.filter(({ activityType }) => activityType === 'makeCurrent');
    expect(steps.length).toBeGreaterThanOrEqual(3);
    for (const step of steps) {
      expect(step).toMatchObject({
        sitrepId: String(step.workflowId).replace('sitrep:', ''),
        runId: expect.any(String),
        attempt: expect.any(Number),
      });
    }
    const ofWorkflow = worker.lines.find(({ workflowId }) => workflowId === workflowIdOf(SECOND.id));
    expect(ofWorkflow).toMatchObject({ sitrepId: SECOND.id, runId: expect.any(String) });
  });

  test('say which trace a line belongs to', () => {
    const ofTrace = [...api.lines, ...worker.lines].filter(({ trace_id }) => trace_id === CLIENT_TRACE);
    expect(ofTrace).not.toEqual([]);
  });

  test('have none of the secrets in them that the run used, though they say everything', () => {
    const secrets = {
      secretKey: SECRET_KEY,
      database: new URL(db.url).password,
      signing: receiver.secret,
      collector: COLLECTOR_TOKEN,
      hook: HOOK_TOKEN,
    };
    for (const log of [api.log, worker.log]) {
      expect(log.length).toBeGreaterThan(1_000);
      const found = Object.entries(secrets).filter(([, secret]) => log.includes(secret));
      expect(found.map(([name]) => name)).toEqual([]);
      expect(log).not.toMatch(/task_?token/i);
    }
    expect(Object.values(secrets).every((secret) => secret.length >= 16)).toBe(true);
  });
});
