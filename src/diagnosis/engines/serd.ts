/**
 * SERD, soft error rate discrimination, as in the fault manager of illumos: is this a rate that matters? There an
 * engine fires at the event after the Nth; here at the Nth. The time of an event counts, not that of its arrival.
 */

/**
 * The first N of these that lie within T of each other, both ends included, or null. The events are in order of time.
 */
export function firstWindow<Event extends { time: number }>(
  events: readonly Event[],
  count: number,
  within: number,
): readonly Event[] | null {
  for (let first = 0; first + count <= events.length; first++) {
    const [start, end] = [events[first], events[first + count - 1]];
    if (start && end && end.time - start.time <= within) return events.slice(first, first + count);
  }
  return null;
}
