import type { AnalysisView } from '../model/analysis-report.ts';
import type { AuditView } from '../model/audit.ts';
import type {
  ConfigurationHeading,
  ConfigurationView,
  StoredConfigurationView,
} from '../model/configuration.ts';
import type { AttemptView, DeliveryView, ProbeView, ResendingView } from '../model/delivery.ts';
import type { EreportView } from '../model/ereport.ts';
import type { IngestView } from '../model/ereport-batch.ts';
import type { StoredState, TendReport } from '../model/lifecycle.ts';
import { MAX_PAGE } from '../model/limits.ts';
import { type ProblemDocument, problemType } from '../model/problem.ts';
import type {
  NewReceiverView,
  NewSecretView,
  ReceiverChange,
  ReceiverInput,
  ReceiverView,
  SecretView,
} from '../model/receiver.ts';
import type { RediagnosisPage } from '../model/rediagnosis.ts';
import type { NewTokenView, TokenInput, TokenView } from '../model/token.ts';
import type { AlertView, Page, SitrepHeading, SitrepView, SubmissionView } from '../model/views.ts';
import type { WhyView } from '../model/why.ts';
import { Failure } from './failure.ts';
import { causeOf } from './silence.ts';

/** What came of a request. `silence`: no answer, or none that the API can have given. */
export type Reply<Value> =
  | { kind: 'answer'; status: number; value: Value }
  | { kind: 'problem'; status: number; document: ProblemDocument; retryAfterMs: number | null }
  | { kind: 'silence'; detail: string; notRunning: boolean };

/** What the service says about itself. */
export interface ServiceInfo {
  service: 'sitrep';
  version: string;
  temporalUiUrl: string | null;
  namespace: string;
}

/** Without one, a service that accepts connections and never answers would hold a script for ever. */
const TIMEOUTS = {
  /** A line of JSON. */
  small: 10_000,
  /** Also 10,000 ereports or 100,000 requests one way, and the ten seconds in which the API awaits a decision. */
  sitrep: 120_000,
  /** The API asks somebody else meanwhile, DNS or a receiver; or makes a delivery of each that failed. */
  outward: 60_000,
  /** The API waits for two minutes. */
  rediagnosis: 150_000,
  /** A pass looks at every sitrep there is. */
  tend: 290_000,
};

interface Request {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Record<string, string | number | boolean | undefined>;
  body?: string | Uint8Array;
  /** Of a body that is not one JSON text. */
  contentType?: string;
  timeoutMs?: number;
}

/** What a receiver is made of; what is left out is the API's to choose. */
export type ReceiverToMake = Pick<ReceiverInput, 'name' | 'endpoint'> & ReceiverChange;

/** What is in the configuration is the API's to check. */
export interface ConfigurationToSet {
  expectedVersion: number;
  author: string;
  comment?: string;
  configuration: unknown;
}

/** Which ereports are listed, as the API has its parameters. */
export type EreportQuery = Partial<
  Record<'class' | 'serial' | 'since' | 'until' | 'seen', string | undefined>
>;

/** Which entries of the audit log are listed, as the API has its parameters. */
export type AuditQuery = Partial<
  Record<'actor' | 'action' | 'thing' | 'since' | 'until', string | undefined>
>;

/** The HTTP API as methods, and nothing else: who retries, waits or prints does so around it. */
export class ApiClient {
  readonly url: string;
  readonly #timeouts: typeof TIMEOUTS;
  readonly #token: string | null;

  constructor(url: string, timeouts: Partial<typeof TIMEOUTS> = {}, token: string | null = null) {
    this.#token = token;
    this.url = url.replace(/\/+$/, '');
    this.#timeouts = { ...TIMEOUTS, ...timeouts };
  }

  info(): Promise<ServiceInfo> {
    return this.#get('/v1/info');
  }

  sitrep(ref: string): Promise<SitrepView> {
    return this.#get(sitrepPath(ref), { timeoutMs: this.#timeouts.sitrep });
  }

  sitreps(limit: number, query: { state?: StoredState }): Promise<Page<SitrepHeading>> {
    return this.#list('/v1/sitreps', limit, query);
  }

  /** What the analysis saw that made a sitrep. */
  async report(ref: string): Promise<AnalysisView> {
    const named = ref === 'current' ? await this.#currentId() : ref;
    return this.#get(`${sitrepPath(named)}/report`, { timeoutMs: this.#timeouts.sitrep });
  }

  /** Asked for by its heading, for the sitrep itself may be large. Where there is none, the API says so. */
  async #currentId(): Promise<string> {
    const { items } = await this.sitreps(1, { state: 'current' });
    return items[0]?.id ?? (await this.sitrep('current')).id;
  }

  /** A page of versions, from this one on. */
  rediagnosis(from: number): Promise<RediagnosisPage> {
    const request: Request = { query: { from: `v${from}` }, timeoutMs: this.#timeouts.rediagnosis };
    return this.#send('POST', '/v1/rediagnosis', request);
  }

  ereports(limit: number, query: EreportQuery): Promise<Page<EreportView>> {
    return this.#list('/v1/ereports', limit, query);
  }

  ereport(restartId: string, ena: string): Promise<EreportView> {
    return this.#get(`/v1/ereports/${encodeURIComponent(restartId)}/${encodeURIComponent(ena)}`);
  }

  /** What is refused of them is one of its answers, so it says what came instead of throwing. */
  submitEreports(body: Uint8Array, contentType: string): Promise<Reply<IngestView>> {
    const request: Request = { method: 'POST', body, contentType, timeoutMs: this.#timeouts.sitrep };
    return this.request('/v1/ereports', request);
  }

  alerts(
    limit: number,
    query: { class?: string | undefined; caseId?: string | undefined },
  ): Promise<Page<AlertView>> {
    return this.#list('/v1/alerts', limit, query);
  }

  alert(id: string): Promise<AlertView> {
    return this.#get(alertPath(id));
  }

  /** With the bodies of up to a hundred ereports. */
  why(id: string): Promise<WhyView> {
    return this.#get(`${alertPath(id)}/why`, { timeoutMs: this.#timeouts.sitrep });
  }

  async deleteAlert(id: string): Promise<void> {
    this.#expect(await this.request(alertPath(id), { method: 'DELETE' }));
  }

  receivers(limit: number, query: { name?: string }): Promise<Page<ReceiverView>> {
    return this.#list('/v1/receivers', limit, query);
  }

  receiver(id: string): Promise<ReceiverView> {
    return this.#get(receiverPath(id));
  }

  createReceiver(receiver: ReceiverToMake): Promise<NewReceiverView> {
    return this.#send('POST', '/v1/receivers', { body: JSON.stringify(receiver) });
  }

  updateReceiver(id: string, change: ReceiverChange): Promise<ReceiverView> {
    return this.#send('PATCH', receiverPath(id), { body: JSON.stringify(change) });
  }

  async deleteReceiver(id: string): Promise<void> {
    this.#expect(await this.request(receiverPath(id), { method: 'DELETE' }));
  }

  /** Whether or not it was subscribed to that before. */
  async subscribe(receiverId: string, subscription: string): Promise<void> {
    const body = JSON.stringify({ subscription });
    await this.#send('POST', `${receiverPath(receiverId)}/subscriptions`, { body });
  }

  /** Whether or not it was subscribed to that before. */
  async unsubscribe(receiverId: string, subscription: string): Promise<void> {
    const path = `${receiverPath(receiverId)}/subscriptions/${encodeURIComponent(subscription)}`;
    const reply = await this.request(path, { method: 'DELETE' });
    if (reply.kind !== 'problem' || reply.status !== 404) this.#expect(reply);
  }

  secrets(receiverId: string): Promise<{ items: SecretView[] }> {
    return this.#get(`${receiverPath(receiverId)}/secrets`);
  }

  rotateSecret(receiverId: string, keepSeconds: number): Promise<NewSecretView> {
    const body = JSON.stringify({ keepSeconds });
    return this.#send('POST', `${receiverPath(receiverId)}/secrets`, { body });
  }

  probe(receiverId: string, resendSince?: string): Promise<ProbeView> {
    return this.#send('POST', `${receiverPath(receiverId)}/probe`, { query: { resendSince } });
  }

  deliveries(
    limit: number,
    query: { state?: string | undefined; receiverId?: string | undefined; alertId?: string | undefined },
  ): Promise<Page<DeliveryView>> {
    return this.#list('/v1/deliveries', limit, query);
  }

  delivery(id: string): Promise<DeliveryView> {
    return this.#get(deliveryPath(id));
  }

  attempts(deliveryId: string): Promise<{ items: AttemptView[] }> {
    return this.#get(`${deliveryPath(deliveryId)}/attempts`);
  }

  resend(deliveryId: string): Promise<ResendingView> {
    return this.#send('POST', `${deliveryPath(deliveryId)}/resend`);
  }

  resendFailed(receiverId: string, since: string): Promise<ResendingView> {
    return this.#send('POST', `${receiverPath(receiverId)}/resend`, { query: { since } });
  }

  configuration(): Promise<ConfigurationView> {
    return this.#get('/v1/configuration');
  }

  configurations(limit: number): Promise<Page<ConfigurationHeading>> {
    return this.#list('/v1/configuration/history', limit, {});
  }

  configurationVersion(version: number): Promise<StoredConfigurationView> {
    return this.#get(`/v1/configuration/history/${version}`);
  }

  /** Somebody else may have been faster, so it says what came instead of throwing. */
  setConfiguration(change: ConfigurationToSet): Promise<Reply<ConfigurationView>> {
    return this.request('/v1/configuration', { method: 'PUT', body: JSON.stringify(change) });
  }

  tokens(limit: number, query: { name?: string }): Promise<Page<TokenView>> {
    return this.#list('/v1/tokens', limit, query);
  }

  createToken(token: TokenInput): Promise<NewTokenView> {
    return this.#send('POST', '/v1/tokens', { body: JSON.stringify(token) });
  }

  async revokeToken(id: string): Promise<void> {
    this.#expect(await this.request(`/v1/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' }));
  }

  audit(limit: number, query: AuditQuery): Promise<Page<AuditView>> {
    return this.#list('/v1/audit', limit, query);
  }

  async tend(dryRun: boolean): Promise<TendReport> {
    const request: Request = { method: 'POST', query: { dryRun }, timeoutMs: this.#timeouts.tend };
    return this.#expect(await this.request<TendReport>('/v1/tend', request));
  }

  /** Losing is one of its answers, so it says what came instead of throwing. */
  submit(body: string): Promise<Reply<SubmissionView>> {
    return this.request('/v1/sitreps', { method: 'POST', body, timeoutMs: this.#timeouts.sitrep });
  }

  /** The same for a sitrep that may not be there. */
  find(ref: string): Promise<Reply<SitrepView>> {
    return this.request(sitrepPath(ref), { timeoutMs: this.#timeouts.sitrep });
  }

  async request<Value>(
    path: string,
    { method, query, body, contentType, timeoutMs }: Request = {},
  ): Promise<Reply<Value>> {
    try {
      const response = await fetch(this.#address(path, query), {
        method: method ?? 'GET',
        headers: {
          accept: 'application/json, application/problem+json',
          ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
          ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(timeoutMs ?? this.#timeouts.small),
      });
      return await readReply<Value>(response);
    } catch (error) {
      return { kind: 'silence', ...causeOf(error) };
    }
  }

  /** What a reply that isn't the answer means to somebody who waits for one. */
  failureOf(reply: Exclude<Reply<unknown>, { kind: 'answer' }>): Failure {
    if (reply.kind === 'problem') return new Failure(reply.document, hintFor(reply.document));
    if (reply.notRunning) {
      const title = `Sitrep is not running at ${this.url}`;
      return new Failure({ title }, 'Start it with `npm start` or `sitrep up`, or set SITREP_URL.');
    }
    return new Failure({ title: `No answer from Sitrep at ${this.url}`, detail: reply.detail });
  }

  async #get<Value>(path: string, request: Request = {}): Promise<Value> {
    return this.#expect(await this.request<Value>(path, request));
  }

  async #send<Value>(method: 'POST' | 'PATCH', path: string, request: Request = {}): Promise<Value> {
    return this.#expect(
      await this.request<Value>(path, { timeoutMs: this.#timeouts.outward, ...request, method }),
    );
  }

  /** Follows pages until the limit is reached; one item more is never read. */
  async #list<Item>(path: string, limit: number, query: Record<string, string | undefined>) {
    const listed: Page<Item> = { items: [], nextCursor: null };
    do {
      const page: Page<Item> = await this.#get(path, {
        query: {
          ...query,
          limit: Math.min(limit - listed.items.length, MAX_PAGE),
          cursor: listed.nextCursor ?? undefined,
        },
      });
      listed.items.push(...page.items);
      listed.nextCursor = page.nextCursor;
    } while (listed.nextCursor !== null && listed.items.length < limit);
    return listed;
  }

  #expect<Value>(reply: Reply<Value>): Value {
    if (reply.kind !== 'answer') throw this.failureOf(reply);
    return reply.value;
  }

  #address(path: string, query: Request['query'] = {}): URL {
    const address = new URL(`${this.url}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    return address;
  }
}

function hintFor({ type }: ProblemDocument): string | null {
  if (type !== problemType('unauthenticated')) return null;
  return 'Set SITREP_TOKEN to one that an admin makes (`sitrep tokens create`). The one of a local stack is found in its data folder: run this where `npm start` runs, or set SITREP_DATA_DIR.';
}

function sitrepPath(ref: string): string {
  return `/v1/sitreps/${encodeURIComponent(ref)}`;
}

function alertPath(id: string): string {
  return `/v1/alerts/${encodeURIComponent(id)}`;
}

function receiverPath(id: string): string {
  return `/v1/receivers/${encodeURIComponent(id)}`;
}

function deliveryPath(id: string): string {
  return `/v1/deliveries/${encodeURIComponent(id)}`;
}

async function readReply<Value>(response: Response): Promise<Reply<Value>> {
  const text = await response.text();
  const { status } = response;
  const value = text === '' ? undefined : parse(text);
  if (response.ok) {
    if (value === NOT_JSON) return { kind: 'silence', detail: notOurs(status), notRunning: false };
    return { kind: 'answer', status, value: value as Value };
  }
  const document = isProblem(value) ? { ...value, status } : anonymousProblem(status, response.statusText);
  return { kind: 'problem', status, document, retryAfterMs: retryAfter(response.headers) };
}

/** In seconds, as Sitrep says it; null for the other form, a date, and for nothing. */
function retryAfter(headers: Headers): number | null {
  const seconds = headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1_000 : null;
}

const NOT_JSON = Symbol('not JSON');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}

function isProblem(value: unknown): value is ProblemDocument {
  return typeof value === 'object' && value !== null && 'title' in value && typeof value.title === 'string';
}

function notOurs(status: number): string {
  return `It answered ${status} with something that is not JSON. Does another program listen there?`;
}

/** From whatever stands between: a proxy, or another program at this address. */
function anonymousProblem(status: number, statusText: string): ProblemDocument {
  const title = `HTTP ${status} ${statusText}`.trim();
  return { type: 'about:blank', title, status, detail: 'The answer did not come from Sitrep.' };
}
