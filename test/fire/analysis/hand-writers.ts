import { setTimeout as pause } from 'node:timers/promises';
import type { SitrepView } from '../../../src/model/views.ts';
import { aCase, aRequest, aSitrep, type Sent } from '../../support/document.ts';
import { AGAIN_AFTER, type PatientClient } from '../processes/patient-client.ts';
import type { Random } from '../random.ts';
import type { Tally } from '../tally.ts';

/** People who write sitreps by hand, and delete alerts, while the analysis wants to be current as well. */
export class HandWriters {
  /** Alerts that were asked for by a sitrep that became current. */
  readonly asked: string[] = [];
  readonly #client: PatientClient;
  readonly #tally: Tally;

  constructor(client: PatientClient, tally: Tally) {
    this.#client = client;
    this.#tally = tally;
  }

  /** Each writes one sitrep after the other until it is told to stop, and then until the last one has won. */
  async write(writers: number, over: AbortSignal): Promise<void> {
    const run = async () => {
      while (!over.aborted) await this.#writeUntilCurrent();
    };
    await Promise.all(Array.from({ length: writers }, run));
  }

  /** Deletes alerts at random until it is told to stop. */
  async deleteAlerts(random: Random, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const reply = await this.#client.ask('GET', '/v1/alerts?limit=20');
      const { items = [] } = (reply?.body ?? {}) as { items?: { id: string }[] };
      if (items.length > 0) {
        await this.#client.askUntil('DELETE', `/v1/alerts/${random.pick(items).id}`, undefined, [204, 404]);
      }
      await pause(AGAIN_AFTER);
    }
  }

  /** A child of whatever is current, which carries all of that and asks for one thing more. */
  async #writeUntilCurrent(): Promise<void> {
    for (;;) {
      const parent = await this.#current();
      const request = aRequest();
      const note = aCase({ engine: 'by hand', alertRequests: [request] });
      const cases = [...((parent?.cases ?? []) as Sent['cases']), note];
      const sent = aSitrep({ parentId: parent?.id ?? null, cases });
      this.#tally.count('lifecycles');
      if (await this.#becomesCurrent(sent)) {
        this.asked.push(request.id);
        return;
      }
    }
  }

  /** Sends the same document again as long as it is not decided. */
  async #becomesCurrent(sent: Sent): Promise<boolean> {
    for (;;) {
      const { status, body } = await this.#client.askUntil('POST', '/v1/sitreps', sent, [200, 201, 409]);
      const { state, version } = body as { state?: string; version?: number | null };
      if (status === 409 || state === 'orphaned') return false;
      if (typeof version === 'number') return true;
      await pause(AGAIN_AFTER);
    }
  }

  async #current(): Promise<SitrepView | null> {
    const { status, body } = await this.#client.askUntil('GET', '/v1/sitreps/current', undefined, [200, 404]);
    return status === 404 ? null : (body as SitrepView);
  }
}
