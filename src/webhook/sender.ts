import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import type { AttemptEnd } from '../model/delivery.ts';
import type { AddressPolicy } from './address-policy.ts';
import { readRetryAfter } from './retry-after.ts';

export const CONNECT_TIMEOUT = 10_000;
const TOTAL_TIMEOUT = 30_000;
/** An idle connection is kept that long for the next delivery. */
const KEEP_ALIVE = 10_000;
/** Of an answer that is thrown away: beyond this the connection goes rather than the bytes being read. */
const MAX_ANSWER = 64 * 1024;

/** What is sent to an endpoint. */
export interface Message {
  endpoint: string;
  headers: Record<string, string>;
  body: string;
}

/** All addresses that a name has now. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

export interface SenderOptions {
  connectMs: number;
  totalMs: number;
  resolve: Resolve;
}

/** The address may not be connected to. */
class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
}

/**
 * Sends webhooks, and lets none out to where the policy doesn't allow: it is asked about the very address that is
 * connected to, so that no spelling, no name and no second answer of DNS gets around it. Redirects are not followed, and
 * no proxy is used, whatever the environment says.
 */
export class Sender {
  readonly #policy: AddressPolicy;
  readonly #resolve: Resolve;
  readonly #agent: Agent;
  #isClosed = false;
  /** No attempt takes longer. */
  readonly totalMs: number;

  constructor(policy: AddressPolicy, options: Partial<SenderOptions> = {}) {
    const { connectMs = CONNECT_TIMEOUT, totalMs = TOTAL_TIMEOUT, resolve = askSystem } = options;
    this.#policy = policy;
    this.#resolve = resolve;
    this.totalMs = totalMs;
    const connect = buildConnector({ timeout: connectMs, lookup: guardedLookup(policy, resolve) });
    this.#agent = new Agent({
      keepAliveTimeout: KEEP_ALIVE,
      connect: (options, callback) => {
        // An address that is written out is never looked up.
        const host = unbracketed(options.hostname);
        if (isIP(host) === 0 || policy.allows(host)) connect(options, callback);
        else callback(new ForbiddenAddress(host), null);
      },
    });
  }

  /** Makes one attempt. Whatever happens is its end; it never throws. */
  async send({ endpoint, headers, body }: Message): Promise<AttemptEnd> {
    // Cleared when it is answered, as AbortSignal.timeout can't be: thousands a second would lie about for half a minute.
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), this.totalMs);
    const { signal } = stop;
    try {
      const answer = await request(endpoint, {
        dispatcher: this.#agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'Sitrep', ...headers },
        body,
        signal,
      });
      const { statusCode } = answer;
      // What it says is of no interest, and nobody else's to see.
      await answer.body.dump({ limit: MAX_ANSWER, signal }).catch(() => {});
      return answered(statusCode, answer.headers['retry-after']);
    } catch (error) {
      return this.#isClosed ? CUT_OFF : failed(error, signal.aborted);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * What is wrong with an endpoint by the same policy, as it stands now, or null. A name that has no address yet may get
   * one: it is asked about again whenever it is connected to.
   */
  async endpointFault(endpoint: string): Promise<string | null> {
    const host = unbracketed(new URL(endpoint).hostname);
    const addresses = isIP(host) ? [{ address: host }] : await this.#resolve(host).catch(() => []);
    const forbidden = addresses.find(({ address }) => !this.#policy.allows(address));
    return forbidden ? `leads to ${forbidden.address}, which deliveries may not be sent to` : null;
  }

  /** Cuts off what is under way: it may have arrived or not. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#agent.destroy();
  }
}

const CUT_OFF: AttemptEnd = {
  outcome: 'unknown',
  status: null,
  detail: 'Whoever sent it was stopped before it was answered.',
  retryAfter: null,
};

function answered(status: number, retryAfter: string | string[] | undefined): AttemptEnd {
  const delivered = status >= 200 && status < 300;
  const isRedirect = status >= 300 && status < 400;
  return {
    outcome: delivered ? 'delivered' : 'rejected',
    status,
    detail: isRedirect ? 'Redirects are not followed.' : null,
    retryAfter: status === 429 || status === 503 ? readRetryAfter(String(retryAfter ?? '')) : null,
  };
}

function failed(error: unknown, timeIsUp: boolean): AttemptEnd {
  const end = { status: null, retryAfter: null };
  if (error instanceof ForbiddenAddress) {
    return { ...end, outcome: 'forbidden', detail: `Deliveries may not be sent to ${error.message}.` };
  }
  const { code = '' } = error as { code?: string };
  if (timeIsUp || code === 'UND_ERR_CONNECT_TIMEOUT') {
    return { ...end, outcome: 'timed-out', detail: 'It did not answer in time.' };
  }
  // The code only: a message may quote what was answered.
  return { ...end, outcome: 'unreachable', detail: code || 'The connection failed.' };
}

function unbracketed(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function askSystem(hostname: string): Promise<LookupAddress[]> {
  return lookup(hostname, { all: true });
}

/** Resolves a name to addresses that may all be connected to; one that may not spoils them all. */
function guardedLookup(policy: AddressPolicy, resolve: Resolve): LookupFunction {
  return (hostname, { all }, callback) => {
    const refuse = (error: NodeJS.ErrnoException) => callback(error, [], 0);
    resolve(hostname).then((addresses) => {
      const forbidden = addresses.find(({ address }) => !policy.allows(address));
      if (forbidden) return refuse(new ForbiddenAddress(`${hostname}, which is ${forbidden.address}`));
      const [first] = addresses;
      if (all) callback(null, addresses);
      else callback(null, first?.address ?? '', first?.family ?? 0);
    }, refuse);
  };
}
