import type { AttemptView, DeliveryView, ResendingView } from '../../model/delivery.ts';
import { codeInWords } from '../silence.ts';
import { age, facts, moment, onOneLine, plural, type Style } from './style.ts';
import { table } from './table.ts';

export function deliveriesInWords(deliveries: DeliveryView[], style: Style): string {
  const columns = [
    { head: 'ID' },
    { head: 'STATE' },
    { head: 'TRIES', align: 'right' as const },
    { head: 'AGE', align: 'right' as const },
    { head: 'RECEIVER', cut: true as const },
    { head: 'ALERT', optional: true as const },
    { head: 'TRIGGER', optional: true as const },
  ];
  const rows = deliveries.map((delivery) => [
    delivery.id,
    stateInColour(delivery.state, style),
    delivery.attempts.toLocaleString('en'),
    age(delivery.timeCreated, style.now),
    delivery.receiver,
    delivery.alertId ?? '',
    delivery.trigger,
  ]);
  return table(columns, rows, style);
}

/** A delivery with all its attempts. */
export function deliveryInWords(delivery: DeliveryView, attempts: AttemptView[], style: Style): string {
  const pairs: [string, string][] = [
    ['id', delivery.id],
    ['receiver', `${delivery.receiver} (${delivery.receiverId})`],
    ['alert', delivery.alertId ?? 'none: it is a test'],
    ['trigger', delivery.trigger],
    ['created', moment(delivery.timeCreated)],
  ];
  if (delivery.timeDue) pairs.push(['next due', moment(delivery.timeDue)]);
  if (delivery.timeEnded) pairs.push(['ended', moment(delivery.timeEnded)]);
  return [
    `${style.paint('bold', 'Delivery')}  ${stateInColour(delivery.state, style)}${whyInWords(delivery)}`,
    facts(pairs, style),
    '',
    attempts.length === 0 ? 'No attempts yet.' : attemptsInWords(attempts, style),
  ].join('\n');
}

const WHY = {
  'receiver-disabled': 'its receiver is disabled',
  'alert-deleted': 'its alert was deleted',
} as const;

function whyInWords({ skippedBecause }: DeliveryView): string {
  return skippedBecause === null ? '' : `: ${WHY[skippedBecause]}`;
}

function stateInColour(state: DeliveryView['state'], { paint }: Style): string {
  if (state === 'delivered') return paint('green', state);
  return state === 'failed' ? paint('red', state) : paint('yellow', state);
}

function attemptsInWords(attempts: AttemptView[], style: Style): string {
  const columns = [
    { head: 'TRY', align: 'right' as const },
    { head: 'STARTED' },
    { head: 'TOOK', align: 'right' as const },
    { head: 'OUTCOME' },
    { head: 'STATUS' },
    { head: 'DETAIL', cut: true as const },
  ];
  const rows = attempts.map((attempt) => [
    String(attempt.number),
    moment(attempt.timeStarted),
    took(attempt),
    attempt.outcome ?? 'under way',
    String(attempt.status ?? ''),
    onOneLine(attempt.detail ?? ''),
  ]);
  return table(columns, rows, style);
}

export function took({ timeStarted, timeEnded }: AttemptView): string {
  if (timeEnded === null) return '';
  const milliseconds = Date.parse(timeEnded) - Date.parse(timeStarted);
  return milliseconds < 1_000 ? `${milliseconds} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}

/** How an attempt ended, in sentences. */
export function endInWords({ outcome, status, detail }: AttemptView): string {
  const said = status === null ? '' : `It answered ${status}.`;
  const why = codeInWords(detail ?? '') ?? onOneLine(detail ?? '');
  return [said, why].filter(Boolean).join(' ') || `Its outcome is ${outcome ?? 'not known yet'}.`;
}

export function resendingInWords({ deliveryIds }: ResendingView): string {
  if (deliveryIds.length === 0)
    return 'Nothing has failed or was skipped since then that was not delivered after all.';
  const count = plural(deliveryIds.length, 'delivery is', 'deliveries are');
  return [`${count} on the way:`, ...deliveryIds.map((id) => `  ${id}`)].join('\n');
}
