import { diffInWords } from '../../src/cli/words/diff.ts';
import { whyInWords } from '../../src/cli/words/why.ts';
import { diffSitreps, type SitrepDiff } from '../../src/model/diff.ts';
import { diagnosed, isDropped, report } from './diagnosis.ts';
import type { Ereport } from './documents.ts';
import { alertsOf, isThere, reconciled } from './fleet.ts';
import { isExactly, type Removal, type Scene, showAlerts } from './scene.ts';
import type { Story } from './story.ts';

/** An ereport comes in, and diagnosis does the rest. */
export async function removal({ client, story, audience, cast: { removed } }: Scene): Promise<Removal> {
  story.chapter('A power supply unit is pulled out');
  showEreport(story, removed);
  story.say(
    'The controller of its shelf sends that, and nobody does anything more. Diagnosis opens',
    'a case for it, and submits a sitrep that says so, and requests an alert.',
  );
  const came = await report(client, removed);
  const { sitrep, oneCase } = await diagnosed(client, removed);
  await reconciled(client);
  const requestIds = oneCase.alertRequests.map(({ id }) => id);
  const alerts = await alertsOf(client, oneCase.id);
  story.table(
    [{ head: 'CASE' }, { head: 'ENGINE' }, { head: 'STATE' }, { head: 'COMMENT', cut: true }],
    [[oneCase.id, oneCase.engine, oneCase.closed ? 'closed' : 'open', oneCase.comment]],
  );
  story.say('The sitrep is current, and its rendezvous has made what it requests:');
  showAlerts(story, alerts);
  const [alertId = ''] = requestIds;
  story.check('the ereport was new', came.new === 1);
  story.check(
    `a sitrep that has it in a case became current, version ${sitrep.version}`,
    sitrep.version !== null && !oneCase.closed,
  );
  story.check(
    'its one request has caused exactly one alert',
    requestIds.length === 1 && isExactly(alerts, requestIds),
  );
  story.check('whoever watches the rack has heard of it', await audience.hears(alertId));
  return { sitrepId: oneCase.createdSitrepId, caseId: oneCase.id, alertId };
}

/** From the alert back to what was reported. */
export async function reason(
  { client, story, cast: { removed } }: Scene,
  { alertId, caseId, sitrepId }: Removal,
) {
  story.chapter('Whoever is woken by that alert asks why: `sitrep why`');
  const why = await client.why(alertId);
  story.quote(whyInWords(why, story.style));
  const [ereport] = why.case?.ereports ?? [];
  story.check('the chain leads to the sitrep that asked', why.askedBy?.id === sitrepId);
  story.check(
    'to the case, and to the ereport as it came',
    why.case?.id === caseId &&
      ereport?.restartId === removed.restartId &&
      ereport.ena === removed.ena &&
      ereport.ereport?.body.k === removed.body.k,
  );
}

/** A sender that did not hear the answer sends again. */
export async function repetition({ client, story, cast: { removed } }: Scene, { caseId, alertId }: Removal) {
  story.chapter('The ereport comes once more, since its controller never heard the answer');
  const again = await report(client, removed);
  await reconciled(client);
  story.check('it is known', again.new === 0 && again.known === 1);
  story.check('it made no second alert', isExactly(await alertsOf(client, caseId), [alertId]));
}

/** The unit is back: diagnosis closes the case, and drops it once all is done that it was for. */
export async function insertion(
  { client, story, audience, cast: { inserted } }: Scene,
  { caseId, alertId }: Removal,
): Promise<Removal> {
  story.chapter('The unit is put back');
  showEreport(story, inserted);
  await report(client, inserted);
  const { sitrep, oneCase } = await diagnosed(client, inserted);
  await reconciled(client);
  const closing = await client.sitrep(oneCase.closedSitrepId ?? sitrep.id);
  const diff = diffSitreps(await client.sitrep(String(closing.parentId)), closing);
  story.say('Diagnosis knows whose case that is. What changed with its sitrep:');
  story.quote(diffInWords(diff, story.style));
  const [insertId = ''] = oneCase.alertRequests.map(({ id }) => id).filter((id) => id !== alertId);
  story.check('the case is closed, and one request was added', isClosure(diff, caseId));
  const alerts = await alertsOf(client, caseId);
  showAlerts(story, alerts);
  story.check('it has caused its one alert', isExactly(alerts, [insertId]));
  story.check('and that has been heard of', await audience.hears(insertId));
  story.check('the alert that was deleted is still gone', !(await isThere(client, alertId)));
  story.check(
    'with all done, the sitreps that follow carry the case no more',
    await isDropped(client, caseId),
  );
  return { sitrepId: closing.id, caseId, alertId: insertId };
}

function isClosure({ closed, requestsAdded, requestsDropped }: SitrepDiff, caseId: string): boolean {
  const [added, dropped] = [requestsAdded, requestsDropped].map(
    (requests) => requests.filter((one) => one.caseId === caseId).length,
  );
  return closed.some(({ id }) => id === caseId) && added === 1 && dropped === 0;
}

function showEreport(story: Story, { body, reporter, ena, timeCollected }: Ereport): void {
  story.table(
    [{ head: 'EREPORT' }, { head: 'REPORTER' }, { head: 'UNIT' }, { head: 'ENA' }, { head: 'COLLECTED' }],
    [[body.k, `${reporter.spType} ${reporter.slot}`, `${body.refdes} (${body.rail})`, ena, timeCollected]],
  );
}
