import type pg from 'pg';
import { newId } from '../../src/model/id.ts';
import { ReceiverInput } from '../../src/model/receiver.ts';
import { type Begun, beginAttempts, type Ended, endAttempts } from '../../src/store/delivery-attempt.ts';
import { dispatchAlerts } from '../../src/store/dispatch.ts';
import { createReceiver } from '../../src/store/receiver.ts';
import { secretPlace } from '../../src/webhook/secret-box.ts';
import { newSecret } from '../../src/webhook/signature.ts';
import { TEST_SECRETS } from './mail.ts';

/** A receiver straight into the database. */
export async function makeReceiver(
  pool: pg.Pool,
  fields: Partial<ReceiverInput> = {},
  secret: string = newSecret(),
): Promise<string> {
  const id = newId();
  const secretId = newId();
  const input = ReceiverInput.parse({
    name: `r-${id}`,
    endpoint: 'http://receiver.test/',
    subscriptions: ['test.**'],
    ...fields,
  });
  const made = await createReceiver(pool, id, input, {
    id: secretId,
    sealed: TEST_SECRETS.seal(secret, secretPlace(id, secretId)),
  });
  if (made.kind !== 'written') throw new Error(`The receiver was not made: ${made.kind}.`);
  return id;
}

/** Alerts as a rendezvous leaves them: nobody has been told of them. */
export async function makeAlerts(pool: pg.Pool, count: number, alertClass = 'test.foo'): Promise<string[]> {
  const ids = Array.from({ length: count }, newId);
  await pool.query(
    `INSERT INTO alert (id, class, version, payload) SELECT id, $2, 0, '{"n": 1}' FROM unnest($1::uuid[]) AS id`,
    [ids, alertClass],
  );
  return ids;
}

/** Makes all deliveries that are to be made; returns the receivers that were to be woken, by chunk. */
export async function dispatchAll(pool: pg.Pool, chunk?: number): Promise<string[][]> {
  const woken: string[][] = [];
  await dispatchAlerts(pool, async ({ receivers }) => void woken.push(receivers), chunk);
  return woken;
}

export interface DeliveryRow {
  id: string;
  receiver_id: string;
  alert_id: string | null;
  trigger: string;
  state: string;
  skipped_because: string | null;
  attempts: number;
  time_due: Date;
  time_lost: Date | null;
}

export async function deliveriesIn(pool: pg.Pool): Promise<DeliveryRow[]> {
  const { rows } = await pool.query<DeliveryRow>('SELECT * FROM delivery ORDER BY time_created, id');
  return rows;
}

/** State, or why it was skipped, of each delivery, sorted. */
export async function statesIn(pool: pg.Pool): Promise<string[]> {
  const rows = await deliveriesIn(pool);
  return rows.map(({ state, skipped_because }) => skipped_because ?? state).sort();
}

export async function outcomesOf(pool: pg.Pool, deliveryId: string): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ outcome: string | null }>(
    'SELECT outcome FROM delivery_attempt WHERE delivery_id = $1 ORDER BY number',
    [deliveryId],
  );
  return rows.map(({ outcome }) => outcome);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The time of a sender, which goes on only when it is told to. It begins a minute ahead: all that was made is due. */
export class SendersClock {
  #ms = Date.now() + MINUTE;

  get now(): Date {
    return new Date(this.#ms);
  }

  pass(seconds: number): void {
    this.#ms += seconds * SECOND;
  }

  begin(database: Pick<pg.ClientBase, 'query'>, receiverId: string, limit = 100): Promise<Begun[]> {
    return beginAttempts(database, receiverId, limit, this.now, new Date(this.#ms + MINUTE));
  }

  /** Answered 2xx. */
  accept(pool: pg.Pool, receiverId: string, begun: Begun[]): Promise<void> {
    const end = { outcome: 'delivered', status: 200, detail: null, retryAfter: null } as const;
    return this.#end(pool, receiverId, begun, { end, nextDue: null });
  }

  /** Answered 500; tried again after so many seconds, or not at all. */
  refuse(pool: pg.Pool, receiverId: string, begun: Begun[], again: number | null): Promise<void> {
    const end = { outcome: 'rejected', status: 500, detail: null, retryAfter: null } as const;
    const nextDue = again === null ? null : new Date(this.#ms + again * SECOND);
    return this.#end(pool, receiverId, begun, { end, nextDue });
  }

  #end(
    pool: pg.Pool,
    receiverId: string,
    begun: Begun[],
    how: Pick<Ended, 'end' | 'nextDue'>,
  ): Promise<void> {
    const ended = begun.map(({ deliveryId, attempt }) => ({ deliveryId, attempt, ended: this.now, ...how }));
    return endAttempts(pool, receiverId, ended);
  }
}
