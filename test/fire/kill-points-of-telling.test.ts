import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TASK_QUEUE, TEND } from '../../src/model/lifecycle.ts';
import { until } from '../e2e/local-stack.ts';
import { aSitrep, requestIds } from '../support/document.ts';
import { answer, Hook } from '../support/hook.ts';
import { checkInvariants } from '../support/invariants.ts';
import { dispatchAll, makeAlerts, makeReceiver } from '../support/receivers.ts';
import { type Bundle, bundleImpatiently } from './processes/impatient-bundle.ts';
import { at, type KillPoint } from './processes/kill-point.ts';
import { submitted, TASK_TIMEOUT } from './processes/story.ts';
import { Succession } from './processes/succession.ts';
import { World } from './processes/world.ts';

// As in kill-points.test.ts, for the way from an alert to those who hear of it: what is told is told to everybody,
// without a pass of tend that would make up for it.

const ALERTS = 10;
const PATIENCE = 200_000;
/** Who should be woken though another one made the deliveries. */
const OVERDUE = 'FROM receiver r';

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleImpatiently();
}, 180_000);
afterAll(() => bundle.discard());

describe.concurrent('[I28] [I35] [I36] a worker killed', { timeout: 300_000 }, () => {
  test('in the dispatch that follows a rendezvous, and before it wakes anybody', () =>
    tellUnderFire(requested, [
      ...at('rendezvous', 1, ['before', 'uncommitted', 'after'], { statement: 'BEGIN' }),
      ...at('rendezvous', 1, ['before', 'after'], { statement: OVERDUE }),
    ]));

  test('while tend tells of alerts, and wakes who overslept', () =>
    tellUnderFire(forgotten, [
      ...at('tellReceivers', 1, ['before']),
      ...at('tellReceivers', 1, ['before'], { statement: OVERDUE }),
      ...at('tellReceivers', 1, ['before', 'uncommitted', 'after'], { statement: 'BEGIN' }),
      ...at('tellReceivers', 1, ['after'], { statement: OVERDUE }),
    ]));

  test('while attempts begin, and while their ends are recorded', () =>
    tellUnderFire(requested, [
      ...at('deliverDue', 1, ['before']),
      ...at('deliverDue', 1, ['before', 'uncommitted', 'after'], { statement: 'begin_attempts' }),
      ...at('deliverDue', 1, ['before', 'uncommitted', 'after'], { statement: 'end_attempts' }),
    ]));
});

/** Makes alerts and who hears of them; returns their ids, and how many hear of each. */
type Story = (world: World, hook: Hook) => Promise<{ alerts: string[]; hearers: number }>;

async function requested(world: World, { url }: Hook) {
  const hearers = 2;
  for (let n = 0; n < hearers; n++) await makeReceiver(world.db.pool, { endpoint: url });
  const sent = aSitrep({}, ALERTS);
  await submitted(world, sent);
  return { alerts: requestIds(sent), hearers };
}

/** Of some alerts nobody has been told; of others somebody has, who has not been woken, and has nothing to do with the first. */
async function forgotten({ db: { pool }, temporal }: World, { url }: Hook) {
  await makeReceiver(pool, { endpoint: url, subscriptions: ['test.foo'] });
  await makeReceiver(pool, { endpoint: url, subscriptions: ['test.quux.*'] });
  const overslept = await makeAlerts(pool, ALERTS, 'test.foo');
  await dispatchAll(pool);
  await pool.query(
    `UPDATE delivery SET time_due = time_due - interval '2 hours', time_lost = time_lost - interval '2 hours'`,
  );
  const untold = await makeAlerts(pool, ALERTS, 'test.quux.bar');
  await temporal.client.workflow.start(TEND, {
    workflowId: TEND,
    taskQueue: TASK_QUEUE,
    args: [{ dryRun: false }],
    workflowTaskTimeout: TASK_TIMEOUT,
  });
  return { alerts: [...overslept, ...untold], hearers: 1 };
}

async function tellUnderFire(story: Story, points: KillPoint[]): Promise<void> {
  const world = await World.open(bundle.codePath);
  const hook = await Hook.start();
  hook.answer = answer(200);
  const { pool } = world.db;
  try {
    const { alerts, hearers } = await story(world, hook);
    const dying = new Succession(world, points);
    await Promise.race([untilDelivered(world, hearers * alerts.length), dying.failed]);
    await dying.expectEnded();
    await checkInvariants(pool);
    const { rows } = await pool.query<{ alert: string; made: number; lost: number }>(TOLD);
    expect(rows.map(({ alert }) => alert)).toEqual(alerts.toSorted());
    for (const { alert, made, lost } of rows) {
      expect(made).toBe(hearers);
      const heard = hook.ids.filter((id) => id === alert).length;
      // Twice to one only where a worker was killed between send and record.
      expect(heard).toBeGreaterThanOrEqual(hearers);
      expect(heard).toBeLessThanOrEqual(hearers + lost);
    }
  } finally {
    await world.close();
    await hook.stop();
  }
}

function untilDelivered({ db }: World, deliveries: number): Promise<void> {
  const delivered = async () => {
    const { rows } = await db.pool.query<{ count: number }>(
      `SELECT count(*) AS count FROM delivery WHERE state = 'delivered'`,
    );
    return rows[0]?.count === deliveries;
  };
  return until(`${deliveries} deliveries are delivered`, delivered, PATIENCE);
}

const TOLD = `
  SELECT d.alert_id AS alert, count(DISTINCT d.id) AS made, count(*) FILTER (WHERE a.outcome = 'unknown') AS lost
    FROM delivery d JOIN delivery_attempt a ON a.delivery_id = d.id
   GROUP BY 1 ORDER BY 1`;
