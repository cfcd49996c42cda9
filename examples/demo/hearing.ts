import type { Written } from './by-hand.ts';
import { settled } from './fleet.ts';
import type { Removal, Scene } from './scene.ts';

/** What has reached a receiver of all this, by webhooks. */
export async function hearing(
  { client, story, audience }: Scene,
  diagnoses: Removal[],
  [winner, loser]: [Written, Written],
): Promise<void> {
  story.chapter('Whoever watches the rack has been told by signed webhooks');
  await settled(client, audience.receiverId);
  const caseIds = [...diagnoses.map(({ caseId }) => caseId), winner.note.id, loser.note.id];
  const heard = audience.heardOf(caseIds);
  story.table(
    [{ head: 'AT' }, { head: 'WEBHOOK-ID' }, { head: 'TYPE' }, { head: 'SIGNATURE' }],
    heard.map(({ time, webhookId, message }) => [time.slice(11, 23), webhookId, message.type, 'verified']),
  );
  // Sent at least once, so one may come twice; its id tells.
  const ids = new Set(heard.map(({ webhookId }) => webhookId));
  const wanted = [...diagnoses, winner].map(({ alertId }) => alertId);
  story.check(
    `exactly the ${wanted.length} alerts have arrived`,
    ids.size === wanted.length && wanted.every((id) => ids.has(id)),
  );
  story.check('each was signed with the secret of the receiver', audience.refused() === 0);
  story.check("the orphan's is not among them", !ids.has(loser.alertId));
  const { items } = await client.deliveries(100, { receiverId: audience.receiverId });
  const ours = items.filter(({ alertId }) => alertId !== null && wanted.includes(alertId));
  story.check(
    'all are on record as delivered',
    ours.length === wanted.length && ours.every(({ state }) => state === 'delivered'),
  );
}
