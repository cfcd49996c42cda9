import { expect } from 'vitest';
import type { ConfigurationHeading, ConfigurationView } from '../../../src/model/configuration.ts';
import type { DeliveryView } from '../../../src/model/delivery.ts';
import type { EreportView } from '../../../src/model/ereport.ts';
import type { ReceiverView } from '../../../src/model/receiver.ts';
import type { TokenView } from '../../../src/model/token.ts';
import type { AlertView, Page, SitrepHeading, SitrepView } from '../../../src/model/views.ts';
import type { TestApi } from '../../api/harness.ts';
import type { Tally } from '../tally.ts';
import { type Answer, bytesOf, exchange, type Request } from './http.ts';
import { type Operation, ServedDocument } from './served-document.ts';
import { headersFor, type Known } from './valid-request.ts';

/** A running API whose every answer is held to the OpenAPI document that it serves. */
export class AttackedApi {
  readonly api: TestApi;
  readonly document: ServedDocument;
  /** How often each operation was answered how: `POST /v1/sitreps 201`. */
  readonly answered = new Map<string, number>();
  readonly #tally: Tally;
  #current: SitrepView | null = null;
  #configurationVersion = 0;

  private constructor(api: TestApi, document: ServedDocument, tally: Tally) {
    this.api = api;
    this.document = document;
    this.#tally = tally;
  }

  static async of(api: TestApi, tally: Tally): Promise<AttackedApi> {
    return new AttackedApi(api, new ServedDocument((await api.get('/openapi.json')).body), tally);
  }

  get host(): string {
    return `127.0.0.1:${this.api.port}`;
  }

  operation(method: string, path: string): Operation {
    const found = this.document.operationOf(method, path);
    if (!found) throw new Error(`The document has no ${method} ${path}.`);
    return found;
  }

  /** Asks, and holds the answer to what the document says of the operation that the request reaches, if any. */
  async ask(request: Request): Promise<Answer> {
    const answer = await this.askWhileAway(request);
    expect(answer.status, `${words(request)} ${answer.body}`).toBeLessThan(500);
    return answer;
  }

  /** As `ask`, while something is away that the service needs: then the answer may be a documented 503. */
  async askWhileAway(request: Request): Promise<Answer> {
    const { method } = request;
    const [answer] = await this.send([bytesOf(request)], [method]);
    if (!answer) throw new Error(`There was no answer to ${words(request)}.`);
    const operation = this.document.operationOf(method, pathOf(request));
    this.document.check(operation, method, answer, words(request));
    const answered = `${operation ? `${operation.method} ${operation.path}` : 'nothing'} ${answer.status}`;
    this.answered.set(answered, (this.answered.get(answered) ?? 0) + 1);
    return answer;
  }

  /** Sends bytes on a connection of their own, and returns whatever came back. */
  async send(pieces: Buffer[], methods: string[], { halfClose = false } = {}): Promise<Answer[]> {
    this.#tally.count('requests', Math.max(methods.length, 1));
    return exchange(this.api.port, pieces, { methods, halfClose });
  }

  /** Waits until what was accepted has been decided and made, and nothing is written any more. */
  async settle(): Promise<void> {
    const waiting = { timeout: 30_000 };
    await expect.poll(() => this.api.count('sitrep_submission'), waiting).toBe(0);
    await expect
      .poll(async () => (await this.#readCurrent())?.rendezvous?.reconciled ?? true, waiting)
      .toBe(true);
    // The last step of a rendezvous.
    await expect.poll(() => this.api.count(NOT_MARKED), waiting).toBe(0);
    await this.#silence();
  }

  /** Whoever would be tried again later is disabled; what is sent once only has ended soon. */
  async #silence(): Promise<void> {
    const waiting = { timeout: 30_000 };
    await expect.poll(() => this.api.count('alert WHERE time_dispatched IS NULL'), waiting).toBe(0);
    const { items } = await this.#read<Page<ReceiverView>>('/v1/receivers?limit=1000');
    for (const { id, enabled, retryDelays } of items) {
      if (enabled && retryDelays.some((delay) => delay > 0)) {
        await this.api.ask('PATCH', `/v1/receivers/${id}`, {
          body: { enabled: false },
          headers: { 'content-type': 'application/json' },
        });
      }
    }
    await expect.poll(() => this.api.count(`delivery WHERE state = 'pending'`), waiting).toBe(0);
  }

  async refreshCurrent(): Promise<void> {
    this.#current = await this.#readCurrent();
    this.#configurationVersion = (await this.#read<ConfigurationView>('/v1/configuration')).version;
  }

  /** What exists now. */
  async known(): Promise<Known> {
    await this.refreshCurrent();
    const sitreps = await this.#read<Page<SitrepHeading>>('/v1/sitreps?limit=5');
    const alerts = await this.#read<Page<AlertView>>('/v1/alerts?limit=50');
    const receivers = await this.#read<Page<ReceiverView>>('/v1/receivers?limit=50');
    const deliveries = await this.#read<Page<DeliveryView>>('/v1/deliveries?limit=50');
    const configurations = await this.#read<Page<ConfigurationHeading>>('/v1/configuration/history?limit=5');
    const ereports = await this.#read<Page<EreportView>>('/v1/ereports?limit=50');
    const fixed = await this.#read<Page<EreportView>>(`/v1/ereports?class=${OF_ONE_RESTART}`);
    const tokens = await this.#read<Page<TokenView>>('/v1/tokens?limit=50');
    const pages = [sitreps, alerts, receivers, deliveries, ereports, configurations, tokens];
    const cursors = pages.map(({ nextCursor }) => nextCursor).filter((cursor) => cursor !== null);
    return {
      host: this.host,
      parameters: {
        from: ['v1', 'v2'],
        sitrep: ['v1', 'v2', ...sitreps.items.map(({ id }) => id)],
        caseId: alerts.items.map(({ caseId }) => caseId).filter((id) => id !== null),
        class: alerts.items.map((alert) => alert.class),
        alertId: alerts.items.map(({ id }) => id),
        receiverId: receivers.items.map(({ id }) => id),
        subscription: receivers.items.flatMap(({ subscriptions }) => subscriptions),
        serial: ereports.items.map(({ serialNumber }) => serialNumber).filter((serial) => serial !== null),
        restartId: fixed.items.map(({ restartId }) => restartId),
        ena: fixed.items.map(({ ena }) => ena),
        // Of all times that there are, most are before 1970.
        since: ['1970-01-01T00:00:00Z', '2026-11-20T08:10:27.512Z'],
        until: ['2026-11-20T08:10:27.512Z', '9999-12-31T23:59:59.999999999+14:00'],
        version: configurations.items.map(({ version }) => String(version)),
        cursor: cursors,
      },
      ids: {
        alerts: alerts.items.map(({ id }) => id),
        receivers: receivers.items.map(({ id }) => id),
        deliveries: deliveries.items.map(({ id }) => id),
        tokens: tokens.items.map(({ id }) => id),
      },
      current: () => this.#current,
      configurationVersion: () => this.#configurationVersion,
    };
  }

  async #readCurrent(): Promise<SitrepView | null> {
    const { status, body } = await this.api.get('/v1/sitreps/current');
    return status === 200 ? body : null;
  }

  async #read<View>(path: string): Promise<View> {
    return (await this.api.get(path)).body;
  }

  get(target: string): Request {
    return { method: 'GET', target, headers: headersFor(this.host, null), body: null };
  }
}

/** A head whose ereports are not marked as seen yet. */
const NOT_MARKED = `fm_sitrep_head h JOIN fm_rendezvous_progress p ON p.kind = 'ereport' AND p.generation < h.version`;

/** The class of ereports that differ in nothing but their ENAs, so that any two values name one that exists. */
export const OF_ONE_RESTART = 'test.of.one.restart';

/** The path as the service reads it: of an absolute target without the origin, and decoded where that means nothing. */
function pathOf({ target }: Request): string {
  // The whole server, as OPTIONS asks for it.
  if (target === '*') return '/';
  const path = target.replace(/^https?:\/\/[^/]*/, '').split(/[?#]/)[0] as string;
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

export function words({ method, target, headers, body }: Request): string {
  const lines = headers.map(([name, value]) => `${name}: ${value.slice(0, 100)}`).slice(0, 10);
  return `${method} ${target.slice(0, 300)} {${lines.join(', ')}} ${body?.toString('utf8', 0, 1_000) ?? ''}`;
}
