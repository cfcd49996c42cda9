import { Id } from '../model/id.ts';
import { PROBLEMS, problemType } from '../model/problem.ts';
import type { ReceiverView } from '../model/receiver.ts';
import type { ApiClient } from './api-client.ts';
import { Failure } from './failure.ts';

/** The receiver of this id or name. */
export async function findReceiver(client: ApiClient, ref: string): Promise<ReceiverView> {
  const id = Id.safeParse(ref);
  if (id.success) return client.receiver(id.data);
  const { items } = await client.receivers(1, { name: ref });
  if (items[0]) return items[0];
  const { title, status } = PROBLEMS['not-found'];
  throw new Failure(
    { type: problemType('not-found'), title, status, detail: `No receiver is named ${ref}.` },
    'See those there are with: sitrep receivers list',
  );
}
