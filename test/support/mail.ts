import { AddressPolicy } from '../../src/webhook/address-policy.ts';
import type { Mail } from '../../src/webhook/outbox.ts';
import { SecretBox } from '../../src/webhook/secret-box.ts';
import { Sender, type SenderOptions } from '../../src/webhook/sender.ts';

/** The same in all processes of a test, so that what the API has sealed the worker can open. */
export const TEST_SECRET_KEY = Buffer.alloc(32, 'test').toString('base64');
export const TEST_SECRETS = new SecretBox(TEST_SECRET_KEY);

/** Sends to this machine, where the receivers of tests are, and asks no server for a name. */
export function testMail(options: Partial<SenderOptions> = {}): Mail {
  const policy = new AddressPolicy(['127.0.0.0/8']);
  return { sender: new Sender(policy, { resolve: findNobody, ...options }), secrets: TEST_SECRETS };
}

async function findNobody(hostname: string): Promise<never> {
  throw Object.assign(new Error(`Nobody is called ${hostname}.`), { code: 'ENOTFOUND' });
}
