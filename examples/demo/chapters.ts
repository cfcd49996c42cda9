import type { ApiClient } from '../../src/cli/api-client.ts';
import { diffInWords } from '../../src/cli/words/diff.ts';
import { diffSitreps } from '../../src/model/diff.ts';
import type { AlertView } from '../../src/model/views.ts';
import type { Audience } from './audience.ts';
import { type Cast, childWith, type Document, exampleEreport, rivalOf } from './documents.ts';
import { alertsOf, commit, isThere, reconciled, settled, stateOf, submit, type Tried } from './fleet.ts';
import type { Story } from './story.ts';

/** Who tells, with what, and about which case. */
export interface Scene {
  client: ApiClient;
  story: Story;
  audience: Audience;
  cast: Cast;
}

/** The first sitrep: an ereport comes in, a case is opened, and an alert requested. */
export async function removal({ client, story, audience, cast }: Scene): Promise<Document> {
  story.chapter('A power supply unit is pulled out');
  await showEreport(story, 'psu-remove');
  story.say(
    'Diagnosis opens a case for it, and wants whoever watches the rack to know.',
    'It makes no alert itself: it submits a sitrep that requests one.',
  );
  const [first] = await commit(client, (parent) => [
    childWith(parent, cast.removed, 'PSU 4 has been pulled out'),
  ]);
  const { document, submitted } = first as NonNullable<typeof first>;
  await reconciled(client);
  const alerts = await alertsOf(client, cast.removed.id);
  showAlerts(story, alerts);
  const place = submitted === 'lost' ? '' : `, version ${submitted.version}`;
  story.check(`the sitrep became current${place}`, submitted !== 'lost' && submitted.version !== null);
  story.check('its request has caused exactly one alert', isExactly(alerts, [cast.removeRequestId]));
  story.check('whoever watches the rack has heard of it', await audience.hears(cast.removeRequestId));
  return document;
}

/** Two sitreps made from the same parent at the same time. */
export async function rivals({
  client,
  story,
  audience,
  cast,
}: Scene): Promise<[winner: Document, loser: Document]> {
  story.chapter('It is put back, and two diagnosis processes notice');
  await showEreport(story, 'psu-insert');
  story.say(
    'Both close the case, both request an alert, and both submit a child of the',
    'same sitrep at once.',
  );
  const children = await commit(client, (parent) => [
    childWith(parent, cast.inserted, 'PSU 4 is back'),
    childWith(parent, rivalOf(cast), 'PSU 4 is back (second opinion)'),
  ]);
  const winner = children.find(({ submitted }) => submitted !== 'lost') as Tried;
  const loser = children.find((one) => one !== winner) as Tried;
  await reconciled(client);
  const won = await client.sitrep(winner.document.id);
  const lost = await stateOf(client, loser.document.id);
  const wanted = newRequestOf(winner.document, cast);
  const unwanted = newRequestOf(loser.document, cast);
  story.table(
    [{ head: 'SITREP' }, { head: 'STATE' }, { head: 'VERSION', align: 'right' }, { head: 'ITS ALERT' }],
    [
      [winner.document.id, won.state, `v${won.version}`, (await isThere(client, wanted)) ? 'made' : 'none'],
      [loser.document.id, lost, '', (await isThere(client, unwanted)) ? 'made' : 'none'],
    ],
  );
  story.check(
    'exactly one of them became current',
    children.filter((one) => one.submitted !== 'lost').length === 1,
  );
  story.check('the other one is orphaned', lost === 'orphaned' || lost === 'collected');
  story.check('the alert that only the orphan requests was not made', !(await isThere(client, unwanted)));
  const alerts = await alertsOf(client, cast.removed.id);
  story.check('the winner has caused its one', isExactly(alerts, [cast.removeRequestId, wanted]));
  story.check('and that has been heard of', await audience.hears(wanted));
  if (won.parentId) {
    const diff = diffSitreps(await client.sitrep(won.parentId), won);
    story.say('', 'What changed from the parent to the winner:');
    story.quote(diffInWords(diff, story.style));
    story.check('the case is closed, and one request was added', isClosure(diff, cast.removed.id));
  }
  return [winner.document, loser.document];
}

/** A sender that did not hear the answer sends again. */
export async function repetition({ client, story, cast }: Scene, first: Document): Promise<void> {
  story.chapter('The first sitrep is sent once more, since its sender never heard the answer');
  const before = await alertsOf(client, cast.removed.id);
  const again = await submit(client, first);
  await reconciled(client);
  const after = await alertsOf(client, cast.removed.id);
  const state = again === 'lost' ? again : again.state;
  story.say(`It is ${state} by now.`);
  story.check('it was recognised', again !== 'lost' && again.recognised && again.state === 'superseded');
  story.check(
    'it made no second alert',
    isExactly(
      after,
      before.map(({ id }) => id),
    ),
  );
}

/** An operator deletes an alert that is still requested. */
export async function deletion({ client, story, cast }: Scene, winner: Document): Promise<Document> {
  story.chapter('An operator deletes the first alert; the sitreps that follow still request it');
  const others = (await alertsOf(client, cast.removed.id)).filter(({ id }) => id !== cast.removeRequestId);
  await client.deleteAlert(cast.removeRequestId);
  await client.tend(false);
  story.check('`tend` does not bring it back', !(await isThere(client, cast.removeRequestId)));
  const ours = winner.cases.find(({ id }) => id === cast.removed.id) as typeof cast.inserted;
  const remembered = { ...ours, comment: `${ours.comment}; noted by the operator` };
  const [next] = await commit(client, (parent) => [childWith(parent, remembered, 'carries the request on')]);
  const { document } = next as NonNullable<typeof next>;
  await reconciled(client);
  const carries = (await client.sitrep(document.id)).cases
    .flatMap(({ alertRequests }) => alertRequests)
    .some(({ id }) => id === cast.removeRequestId);
  const alerts = await alertsOf(client, cast.removed.id);
  showAlerts(story, alerts);
  story.check('the next sitrep carries the request', carries);
  story.check('its rendezvous does not bring it back either', !(await isThere(client, cast.removeRequestId)));
  story.check(
    'no other alert came or went',
    isExactly(
      alerts,
      others.map(({ id }) => id),
    ),
  );
  return document;
}

/** What has reached a receiver of all this, by webhooks. */
export async function hearing({ client, story, audience, cast }: Scene, winner: Document, loser: Document) {
  story.chapter('Whoever watches the rack has been told by signed webhooks');
  await settled(client, audience.receiverId);
  const heard = audience.heardOf(cast.removed.id);
  story.table(
    [{ head: 'AT' }, { head: 'WEBHOOK-ID' }, { head: 'TYPE' }, { head: 'SIGNATURE' }],
    heard.map(({ time, webhookId, message }) => [time.slice(11, 23), webhookId, message.type, 'verified']),
  );
  // Sent at least once, so one may come twice; its id tells.
  const ids = new Set(heard.map(({ webhookId }) => webhookId));
  const wanted = [cast.removeRequestId, newRequestOf(winner, cast)];
  story.check('exactly the two alerts have arrived', ids.size === 2 && wanted.every((id) => ids.has(id)));
  story.check('each was signed with the secret of the receiver', audience.refused() === 0);
  story.check("the orphan's is not among them", !ids.has(newRequestOf(loser, cast)));
  const { items } = await client.deliveries(100, { receiverId: audience.receiverId });
  const ours = items.filter(({ alertId }) => alertId !== null && wanted.includes(alertId));
  story.check(
    'both are on record as delivered',
    ours.length === 2 && ours.every(({ state }) => state === 'delivered'),
  );
}

async function showEreport(story: Story, name: string): Promise<void> {
  const { body, reporter, ena, timeCollected } = await exampleEreport(name);
  story.table(
    [{ head: 'EREPORT' }, { head: 'REPORTER' }, { head: 'UNIT' }, { head: 'ENA' }, { head: 'COLLECTED' }],
    [[body.k, `${reporter.spType} ${reporter.slot}`, `${body.refdes} (${body.rail})`, ena, timeCollected]],
  );
}

function showAlerts(story: Story, alerts: AlertView[]): void {
  const rows = alerts.map((alert) => [alert.id, alert.class, alert.timeCreated.slice(11, 23)]);
  story.table([{ head: 'ALERT' }, { head: 'CLASS' }, { head: 'MADE AT' }], rows);
}

function isExactly(alerts: AlertView[], ids: string[]): boolean {
  return alerts.length === ids.length && ids.every((id) => alerts.some((alert) => alert.id === id));
}

/** The request that the rival made itself, beside the one that it carries. */
function newRequestOf({ cases }: Document, { removed, removeRequestId }: Cast): string {
  const ours = cases.find(({ id }) => id === removed.id);
  return ours?.alertRequests.find(({ id }) => id !== removeRequestId)?.id as string;
}

function isClosure(
  { closed, requestsAdded, requestsDropped }: ReturnType<typeof diffSitreps>,
  caseId: string,
): boolean {
  return closed.some(({ id }) => id === caseId) && requestsAdded.length === 1 && requestsDropped.length === 0;
}
