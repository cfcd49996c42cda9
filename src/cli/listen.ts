import { startListener } from './listener.ts';
import type { Outcome, Session } from './session.ts';
import { stopSignal, untilAborted } from './stop-signal.ts';
import type { World } from './terminal.ts';
import { arrivalInWords } from './words/arrival.ts';

export interface ListenOptions {
  subscribe?: string[];
  port?: number;
  payload?: boolean;
}

/** All that there is: nobody else's glob reaches test classes, so they are asked for by name. */
const EVERYTHING = ['**', 'test.**'];

/** Prints what comes in until it is asked to stop, or nobody reads it any more; then takes its receiver away. */
export async function listen(
  { client, terminal, world }: Session,
  { subscribe = EVERYTHING, port = 0, payload = false }: ListenOptions,
): Promise<Outcome> {
  const stop = stopSignal();
  const listener = await startListener(client, { port, subscriptions: subscribe }, (arrival) =>
    terminal.line(arrival, (style) => arrivalInWords(arrival, payload, style)),
  );
  const { name, endpoint, subscriptions } = listener.receiver;
  terminal.progress(
    `Listening at ${endpoint} as ${name}, subscribed to ${subscriptions.join(', ')}. Ctrl-C stops it.`,
  );
  await Promise.race([untilAborted(stop), untilReaderGone(world)]);
  await listener.stop();
  terminal.progress(`Stopped; the receiver ${name} is removed.`);
  return 'done';
}

function untilReaderGone({ stdout }: World): Promise<void> {
  return new Promise((resolve) => stdout.once('error', () => resolve()));
}
