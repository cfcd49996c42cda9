import type pg from 'pg';
import { dispatchAlerts } from '../src/store/dispatch.ts';
import type { BenchCase, Ground } from './case.ts';
import { withDatabase } from './database.ts';
import { interleave } from './interleave.ts';
import { comparison } from './row.ts';
import { forgetAlerts, makeAlerts, subscribe } from './subscriber.ts';

const RECEIVERS = 10;

export const dispatchCase: BenchCase = {
  name: 'dispatch',
  title: 'making the deliveries of many alerts to many receivers',
  run: (ground) => withDatabase(ground.postgresUrl, 'dispatch', ({ pool }) => measure(ground, pool)),
};

async function measure({ scale }: Ground, pool: pg.Pool) {
  const alerts = scale.rows(100_000);
  for (let n = 0; n < RECEIVERS; n++) await subscribe(pool, 'http://receiver.test/');
  const prepare = async () => {
    await forgetAlerts(pool);
    await makeAlerts(pool, alerts);
    await pool.query('VACUUM ANALYZE alert');
    await pool.query('CHECKPOINT');
  };
  const times = await interleave(scale.rounds(3), {
    ours: { prepare, run: () => dispatchAlerts(pool, async () => {}) },
    bare: { prepare, run: () => dispatchBarely(pool) },
  });
  const what = `${alerts.toLocaleString('en')} alerts to ${RECEIVERS} receivers`;
  return [
    comparison(
      { what, samples: times.ours },
      { what: 'one bare INSERT … SELECT of as many deliveries', samples: times.bare },
      { atMost: 1.6 },
    ),
  ];
}

/** Who subscribed to what is not looked at, and no alert is marked. */
function dispatchBarely(pool: pg.Pool) {
  return pool.query(
    `INSERT INTO delivery (id, receiver_id, alert_id, trigger, state, time_due)
     SELECT gen_random_uuid(), r.id, a.id, 'alert', 'pending', now() FROM alert a CROSS JOIN receiver r`,
  );
}
