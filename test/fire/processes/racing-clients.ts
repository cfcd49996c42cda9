import { setTimeout as pause } from 'node:timers/promises';
import { aCase, aChildOf, aRequest, aSitrep, type Sent } from '../../support/document.ts';
import type { Random } from '../random.ts';
import type { Tally } from '../tally.ts';
import { AGAIN_AFTER, PatientClient } from './patient-client.ts';

/** What clients were told, and did, by which the end is judged. */
export interface Told {
  /** Every document that was sent, by its id. */
  sent: Map<string, Sent>;
  /** Ids by the version as which they became current. */
  versions: Map<number, string>;
  /** Ids of those that lost for certain: their first answer said so. */
  lost: string[];
  /** Alerts that a client has deleted. */
  deleted: Set<string>;
}

/**
 * Clients that race for the parent over HTTP: each reads what is current and submits a child of it that asks for
 * one thing more; one that loses does it again with the new parent. One that gets no answer, or none yet, sends
 * the same document again under the same id until it has one.
 */
export class RacingClients {
  readonly told: Told = { sent: new Map(), versions: new Map(), lost: [], deleted: new Set() };
  readonly #client: PatientClient;
  readonly #tally: Tally;

  constructor(url: () => string | undefined, tally: Tally) {
    this.#client = new PatientClient(url, tally);
    this.#tally = tally;
  }

  /** Each submits one after the other until it is told to stop, and then once more until it has won. */
  async race(clients: number, over: AbortSignal): Promise<void> {
    const run = async () => {
      while (!over.aborted) await this.#submitUntilCurrent();
    };
    await Promise.all(Array.from({ length: clients }, run));
  }

  /** Ends whatever still waits for an answer that will never come. */
  giveUp(): void {
    this.#client.giveUp();
  }

  /** Deletes alerts at random until it is told to stop. */
  async deleteAlerts(random: Random, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const reply = await this.#client.ask('GET', '/v1/alerts?limit=20');
      const { items = [] } = (reply?.body ?? {}) as { items?: { id: string }[] };
      if (items.length > 0) {
        const { id } = random.pick(items);
        // A lost reply leaves open whether it was this one that deleted it; that it was asked for is what counts.
        this.told.deleted.add(id);
        await this.#client.askUntil('DELETE', `/v1/alerts/${id}`, undefined, [204, 404]);
      }
      await pause(AGAIN_AFTER);
    }
  }

  async #submitUntilCurrent(): Promise<void> {
    for (;;) {
      const sent = await this.#next();
      this.told.sent.set(sent.id, sent);
      this.#tally.count('lifecycles');
      const { status, body, tries } = await this.#client.askUntil(
        'POST',
        '/v1/sitreps',
        sent,
        [200, 201, 409],
      );
      const { version = null, state } = body as { version?: number | null; state?: string };
      if (status !== 409 && version !== null) this.told.versions.set(version, sent.id);
      if (status !== 409 && state !== 'orphaned') return;
      // Asked again after a lost answer, one that won long ago and was collected since hears the same.
      if (tries === 1) this.told.lost.push(sent.id);
    }
  }

  async #next(): Promise<Sent> {
    const { status, body } = await this.#client.askUntil('GET', '/v1/sitreps/current', undefined, [200, 404]);
    if (status === 404) return aSitrep();
    const parent = this.told.sent.get((body as { id: string }).id);
    if (!parent) throw new Error(`Nobody has sent what is current: ${JSON.stringify(body)}`);
    return aChildOf(parent, { cases: [...parent.cases, aCase({ alertRequests: [aRequest()] })] });
  }
}
