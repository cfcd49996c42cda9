import type { Actor } from '../model/audit.ts';
import type { AttemptView, DeliveryView } from '../model/delivery.ts';
import { newId } from '../model/id.ts';
import type { ReceiverView } from '../model/receiver.ts';
import { listAttempts, readDelivery } from '../store/delivery.ts';
import { beginProbe, endProbe } from '../store/probe.ts';
import { sealedSecrets } from '../store/receiver-secret.ts';
import { probeMessage } from '../webhook/message.ts';
import { Outbox } from '../webhook/outbox.ts';
import type { Service } from './service.ts';

/**
 * Makes one test delivery, while the client waits: on record before it is sent, and after. Null when the receiver was
 * deleted meanwhile, and the record with it.
 */
export async function probe(
  { pool, mail }: Service,
  receiver: ReceiverView,
  by: Actor,
): Promise<{ delivery: DeliveryView; attempt: AttemptView } | null> {
  const id = newId();
  const outbox = new Outbox(mail, receiver, await sealedSecrets(pool, receiver.id));
  const begun = new Date();
  if (!(await beginProbe(pool, receiver.id, id, begun, by))) return null;
  const end = await outbox.post(id, probeMessage(begun.toISOString()));
  await endProbe(pool, receiver.id, id, end, new Date());
  const [attempt] = await listAttempts(pool, id);
  const delivery = await readDelivery(pool, id);
  return delivery && attempt ? { delivery, attempt } : null;
}
