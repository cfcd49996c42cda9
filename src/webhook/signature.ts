import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

// Standard Webhooks 1.0, https://www.standardwebhooks.com

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A new secret as its owner gets to see it: `whsec_` and base64. */
export function newSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** What a secret signs with. To make it takes several times as long as to sign: once for many attempts. */
export function signingKey(secret: string): KeyObject {
  return createSecretKey(secret.slice(PREFIX.length), 'base64');
}

export interface SignedHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * Signs one attempt. `timestamp` is the attempt's, in seconds since 1970; `id` is the message's, the same in all
 * attempts. Each key signs, so that a receiver may verify with an old secret while it changes over to the new.
 */
export function sign(id: string, timestamp: number, body: string, keys: readonly KeyObject[]): SignedHeaders {
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
