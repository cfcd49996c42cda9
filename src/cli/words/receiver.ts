import type { ProbeView } from '../../model/delivery.ts';
import type { NewReceiverView, NewSecretView, ReceiverView, SecretView } from '../../model/receiver.ts';
import { durationInWords } from '../duration.ts';
import { endInWords, took } from './delivery.ts';
import { facts, moment, onOneLine, plural, printable, type Style } from './style.ts';
import { table } from './table.ts';

export function receiversInWords(receivers: ReceiverView[], style: Style): string {
  const columns = [
    { head: 'ID' },
    { head: 'NAME', cut: true as const },
    { head: 'STATE' },
    { head: 'PENDING', align: 'right' as const },
    { head: 'SUBSCRIPTIONS', cut: true as const, optional: true as const },
    { head: 'ENDPOINT', cut: true as const, optional: true as const },
  ];
  const rows = receivers.map((receiver) => [
    receiver.id,
    receiver.name,
    stateOf(receiver, style),
    receiver.pending.toLocaleString('en'),
    receiver.subscriptions.join(' '),
    onOneLine(receiver.endpoint),
  ]);
  return table(columns, rows, style);
}

function stateOf({ enabled, failingSince }: ReceiverView, { paint }: Style): string {
  if (!enabled) return paint('red', 'disabled');
  return failingSince === null ? paint('green', 'enabled') : paint('yellow', 'failing');
}

/** A receiver whole; `workflow` is a link, or the workflow's id where there is no UI to link to. */
export function receiverInWords(
  receiver: ReceiverView,
  secrets: SecretView[],
  workflow: string,
  style: Style,
): string {
  const pairs: [string, string][] = [
    ['id', receiver.id],
    ['endpoint', printable(receiver.endpoint)],
  ];
  if (receiver.description !== '') pairs.push(['description', printable(receiver.description)]);
  pairs.push(
    ['subscribed to', receiver.subscriptions.join('\n') || 'nothing'],
    ['attempts', scheduleInWords(receiver.retryDelays)],
    ['pending', plural(receiver.pending, 'delivery', 'deliveries')],
    ['signed with', secrets.map(secretInWords).join('\n')],
    ['created', moment(receiver.timeCreated)],
    ['workflow', workflow],
  );
  const heading = `${style.paint('bold', `Receiver ${receiver.name}`)}  ${stateOf(receiver, style)}`;
  return [heading + whyInWords(receiver), facts(pairs, style)].join('\n');
}

const WHY = {
  operator: 'by an operator',
  gone: 'since it answered 410',
  failing: 'since it accepted nothing for five days',
} as const;

function whyInWords({ disabledBecause, timeDisabled, failingSince }: ReceiverView): string {
  if (disabledBecause && timeDisabled) return ` ${WHY[disabledBecause]}, ${moment(timeDisabled)}`;
  return failingSince === null ? '' : ` since ${moment(failingSince)}`;
}

function scheduleInWords([first = 0, ...later]: number[]): string {
  const begins = first === 0 ? 'at once' : `after ${durationInWords(first)}`;
  return later.length === 0 ? begins : `${begins}, then after ${later.map(durationInWords).join(', ')}`;
}

function secretInWords({ timeCreated, timeExpires }: SecretView): string {
  const until = timeExpires === null ? '' : `, until ${moment(timeExpires)}`;
  return `the secret of ${moment(timeCreated)}${until}`;
}

export function newReceiverInWords({ id, name, enabled, secret }: NewReceiverView, { paint }: Style): string {
  const hears = enabled ? 'hears of alerts that are made from now on' : 'is disabled, and gets nothing yet';
  return [
    `Receiver ${name} (${id}) is there, and ${hears}.`,
    'Deliveries to it are signed with this secret, which is not shown again:',
    '',
    `  ${paint('bold', secret)}`,
    '',
  ].join('\n');
}

export function newSecretInWords(
  { name }: ReceiverView,
  { secret }: NewSecretView,
  keep: number,
  { paint }: Style,
): string {
  const before =
    keep === 0
      ? 'No other signs any more.'
      : `For ${durationInWords(keep)}, deliveries are signed with the one before it as well.`;
  return [
    `Deliveries to ${name} are signed with this secret from now on, which is not shown again:`,
    '',
    `  ${paint('bold', secret)}`,
    '',
    before,
  ].join('\n');
}

export function changeInWords(before: ReceiverView, after: ReceiverView): string {
  const renamed = before.name === after.name ? '' : `, and called ${after.name}`;
  const lines = [`Receiver ${before.name} (${after.id}) is changed${renamed}.`];
  if (before.enabled && !after.enabled) lines.push(`It is disabled; ${pendingInWords(before, 'skipped')}.`);
  if (!before.enabled && after.enabled) {
    lines.push(
      'It is enabled, and hears of alerts that are made from now on. What was skipped can be sent with:',
      `  sitrep deliveries resend --failed --receiver ${after.name} --since ${before.timeDisabled}`,
    );
  }
  return lines.join('\n');
}

export function removalInWords(receiver: ReceiverView): string {
  return `Receiver ${receiver.name} (${receiver.id}) is removed, and the record of its deliveries with it; ${pendingInWords(receiver, 'not sent')}.`;
}

function pendingInWords({ pending }: ReceiverView, what: string): string {
  if (pending === 0) return 'nothing was pending';
  return pending === 1
    ? `the delivery that was pending is ${what}`
    : `the ${pending.toLocaleString('en')} deliveries that were pending are ${what}`;
}

export function probeInWords({ delivery, attempt, resent }: ProbeView, { paint }: Style): string {
  const accepted = attempt.outcome === 'delivered';
  const verdict = accepted ? paint('green', 'accepted') : paint('red', 'not accepted');
  const lines = [`The probe was ${verdict} after ${took(attempt)}. ${endInWords(attempt)}`];
  if (resent.length > 0) lines.push(`${plural(resent.length, 'delivery is', 'deliveries are')} sent again.`);
  return [...lines, `It is on record as the delivery ${delivery.id}.`].join('\n');
}
