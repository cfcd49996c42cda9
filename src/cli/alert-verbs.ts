import { printPage } from './page.ts';
import type { Outcome, Session } from './session.ts';
import { alertInWords, alertsInWords } from './words/lists.ts';
import { whyInWords } from './words/why.ts';

export async function listAlerts(
  { client, terminal }: Session,
  options: { class?: string; case?: string; limit: number },
): Promise<Outcome> {
  const { limit, class: name, case: caseId } = options;
  const page = await client.alerts(limit, { class: name, caseId });
  const empty = name || caseId ? 'No such alerts.' : 'No alerts yet.';
  printPage(terminal, page, limit, empty, alertsInWords);
  return 'done';
}

export async function showAlert({ client, terminal }: Session, id: string): Promise<Outcome> {
  const alert = await client.alert(id);
  terminal.data(alert, (style) => alertInWords(alert, style));
  return 'done';
}

export async function deleteAlert({ client, terminal }: Session, id: string): Promise<Outcome> {
  await client.deleteAlert(id);
  terminal.data({ id, deleted: true }, () => `Alert ${id} is deleted. No rendezvous makes it again.`);
  return 'done';
}

export async function why({ client, terminal }: Session, alertId: string): Promise<Outcome> {
  const chain = await client.why(alertId);
  terminal.data(chain, (style) => whyInWords(chain, style));
  return 'done';
}
