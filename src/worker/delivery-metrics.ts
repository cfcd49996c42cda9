import type { Registry } from 'prom-client';
import { ATTEMPT_OUTCOMES, type AttemptEnd } from '../model/delivery.ts';
import { countBy } from '../telemetry/counter.ts';

/** Counts attempts to deliver alerts, and what becomes of deliveries. */
export function deliveryMetrics(registry: Registry): (end: AttemptEnd, isLast: boolean) => void {
  const attempt = countBy(registry, {
    name: 'sitrep_delivery_attempts_total',
    help: 'Attempts to deliver an alert, by how they ended.',
    label: 'outcome',
    values: ATTEMPT_OUTCOMES,
  });
  const ended = countBy(registry, {
    name: 'sitrep_deliveries_ended_total',
    help: 'Deliveries that are not attempted again: they were delivered, or have failed for good.',
    label: 'state',
    values: ['delivered', 'failed'],
  });
  return ({ outcome }, isLast) => {
    attempt(outcome);
    if (isLast) ended(outcome === 'delivered' ? 'delivered' : 'failed');
  };
}
