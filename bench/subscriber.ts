import type pg from 'pg';
import { newId } from '../src/model/id.ts';
import { ReceiverInput } from '../src/model/receiver.ts';
import { dispatchAlerts } from '../src/store/dispatch.ts';
import { createReceiver } from '../src/store/receiver.ts';
import type { Announced } from '../src/webhook/message.ts';
import { SecretBox, secretPlace } from '../src/webhook/secret-box.ts';
import { newSecret } from '../src/webhook/signature.ts';

/** Under which the secrets of all subscribers of a bench rest. */
export const SECRETS = new SecretBox(Buffer.alloc(32).toString('base64'));

/** Makes a receiver that hears of all that the bench makes. */
export async function subscribe(pool: pg.Pool, endpoint: string): Promise<string> {
  const id = newId();
  const secretId = newId();
  const input = ReceiverInput.parse({ name: `bench-${id}`, endpoint, subscriptions: ['test.**'] });
  const sealed = SECRETS.seal(newSecret(), secretPlace(id, secretId));
  const made = await createReceiver(pool, id, input, { id: secretId, sealed });
  if (made.kind !== 'written') throw new Error(`The receiver was not made: ${made.kind}.`);
  return id;
}

/** Makes alerts as a rendezvous leaves them, with 300 bytes of payload: nobody has been told of them. */
export async function makeAlerts(pool: pg.Pool, count: number): Promise<void> {
  const ids = Array.from({ length: count }, newId);
  await pool.query(
    `INSERT INTO alert (id, class, version, payload) SELECT id, 'test.foo', 0, $2 FROM unnest($1::uuid[]) AS id`,
    [ids, PAYLOAD],
  );
}
const PAYLOAD = { slot: 4, serialNumber: 'BRM00000017', message: 'It was pulled out. '.repeat(13) };

/** Such an alert, as a receiver hears of it. */
export function anAlert(): Announced {
  return {
    id: newId(),
    class: 'test.foo',
    version: 0,
    payload: JSON.stringify(PAYLOAD),
    caseId: null,
    sitrepId: null,
    timeCreated: new Date().toISOString(),
  };
}

/** Makes alerts, and of each a delivery to all receivers; nobody is woken to send them. */
export async function makeDue(pool: pg.Pool, count: number): Promise<void> {
  await makeAlerts(pool, count);
  await dispatchAlerts(pool, async () => {});
  await pool.query('CHECKPOINT');
}

/** As if there had never been an alert. */
export async function forgetAlerts(pool: pg.Pool): Promise<void> {
  await pool.query('TRUNCATE alert, delivery, delivery_attempt');
}
