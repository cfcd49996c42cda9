import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient } from '../../src/cli/api-client.ts';
import type { Arrival } from '../../src/cli/inbox.ts';
import { startListener } from '../../src/cli/listener.ts';
import { NOTE_CLASS } from './documents.ts';

export type Heard = Extract<Arrival, { verified: true }>;

/** Who is to hear of alerts: a receiver on this machine, which is there as long as the story. */
export interface Audience {
  receiverId: string;
  /** What came in about these cases, each with a signature that was verified. */
  heardOf(caseIds: string[]): Heard[];
  /** How much came in whose signature was wrong. */
  refused(): number;
  /** Waits for an alert, within bounds. */
  hears(alertId: string): Promise<boolean>;
  leave(): Promise<void>;
}

const HEARS_WITHIN = 20_000;
const LOOK_EVERY = 50;

export async function gatherAudience(client: ApiClient, say: (line: string) => void): Promise<Audience> {
  const arrivals: Arrival[] = [];
  const verified = () => arrivals.filter((one) => one.verified);
  const options = { port: 0, subscriptions: ['hardware.power_shelf.psu.*', NOTE_CLASS] };
  const { receiver, stop } = await startListener(client, options, (arrival) => arrivals.push(arrival));
  return {
    receiverId: receiver.id,
    heardOf: (caseIds) => verified().filter(({ message }) => caseIds.includes(message.caseId ?? '')),
    refused: () => arrivals.length - verified().length,
    async hears(alertId) {
      const deadline = Date.now() + HEARS_WITHIN;
      const isHeard = () => verified().some(({ webhookId }) => webhookId === alertId);
      while (!isHeard() && Date.now() < deadline) await pause(LOOK_EVERY);
      return isHeard();
    },
    leave: () => stop().catch((error: Error) => say(error.message)),
  };
}
