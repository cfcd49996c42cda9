import { isDropped } from './diagnosis.ts';
import { type Case, childWith, type Document, noteBy } from './documents.ts';
import { alertsOf, commit, isThere, reconciled, stateOf, submit, type Tried } from './fleet.ts';
import { isExactly, type Removal, type Scene } from './scene.ts';

/** A sitrep that a person wrote, with the one case that is not its parent's. */
export interface Written {
  document: Document;
  note: Case;
  alertId: string;
}

/** An operator deletes an alert that is still requested. */
export async function deletion({ client, story }: Scene, { alertId }: Removal): Promise<void> {
  story.chapter('An operator deletes the alert; the case is open, so sitreps go on requesting it');
  await client.deleteAlert(alertId);
  await client.tend(false);
  story.check('`tend` does not bring it back', !(await isThere(client, alertId)));
}

/** Two sitreps made from the same parent at the same time. */
export async function rivals(
  { client, story }: Scene,
  { alertId, caseId }: Removal,
): Promise<[winner: Written, loser: Written]> {
  story.chapter('Two people write a sitrep by hand, at the same time');
  story.say(
    'Both bring a spare unit, and want the others to know. Both carry on what is current, as they',
    'must, and submit a child of the same sitrep at once.',
  );
  const notes = ['Ada', 'Grace'].map(noteBy);
  const tried = await commit(client, (parent) => notes.map((note) => childWith(parent, note)));
  const written = tried.map((one, index) => writtenOf(one, notes[index] as Case));
  const isWinner = (one: Written) =>
    tried.some(({ document, submitted }) => document === one.document && submitted !== 'lost');
  const winner = written.find(isWinner) as Written;
  const loser = written.find((one) => one !== winner) as Written;
  await reconciled(client);
  const won = await client.sitrep(winner.document.id);
  const lost = await stateOf(client, loser.document.id);
  const [made, unwanted] = [await isThere(client, winner.alertId), await isThere(client, loser.alertId)];
  story.table(
    [
      { head: 'SITREP' },
      { head: 'SAYS' },
      { head: 'STATE' },
      { head: 'VERSION', align: 'right' },
      { head: 'ITS ALERT' },
    ],
    [
      [won.id, won.comment, won.state, `v${won.version}`, made ? 'made' : 'none'],
      [loser.document.id, loser.note.comment, lost, '', unwanted ? 'made' : 'none'],
    ],
  );
  story.check('exactly one of them became current', written.filter(isWinner).length === 1);
  story.check('the other one is orphaned', lost === 'orphaned' || lost === 'collected');
  story.check('the alert that only the orphan requests was not made', !unwanted);
  story.check(
    'the winner has caused its one',
    isExactly(await alertsOf(client, winner.note.id), [winner.alertId]),
  );
  const ours = won.cases.find(({ id }) => id === caseId);
  const carries = ours?.alertRequests.some(({ id }) => id === alertId) ?? false;
  story.check('it carries the case that diagnosis opened, and the request of that', carries);
  story.check(
    'its rendezvous has not brought back the alert that was deleted',
    !(await isThere(client, alertId)),
  );
  return [winner, loser];
}

/** Somebody who did not hear the answer submits again. */
export async function resubmission({ client, story }: Scene, { document, note }: Written): Promise<void> {
  story.chapter('The winner is submitted once more');
  const before = await alertsOf(client, note.id);
  const again = await submit(client, document);
  await reconciled(client);
  const after = await alertsOf(client, note.id);
  story.say(`It is ${again === 'lost' ? again : again.state} by now.`);
  story.check(
    'it was recognised',
    again !== 'lost' && again.recognised && ['current', 'superseded'].includes(again.state),
  );
  story.check(
    'it made no second alert',
    isExactly(
      after,
      before.map(({ id }) => id),
    ),
  );
  story.check(
    'with nothing left to do for its case, the sitreps that follow carry that no more',
    await isDropped(client, note.id),
  );
}

function writtenOf({ document }: Tried, note: Case): Written {
  return { document, note, alertId: note.alertRequests[0]?.id as string };
}
