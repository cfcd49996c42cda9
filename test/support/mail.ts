import { AddressPolicy } from '../../src/webhook/address-policy.ts';
import type { Mail } from '../../src/webhook/outbox.ts';
import { newSecretKey, SecretBox } from '../../src/webhook/secret-box.ts';
import { Sender, type SenderOptions } from '../../src/webhook/sender.ts';

/** One for the whole process, so that what the API has sealed the worker can open. */
export const TEST_SECRETS = new SecretBox(newSecretKey());

/** Sends to this machine, where the receivers of tests are. */
export function testMail(options: Partial<SenderOptions> = {}): Mail {
  return { sender: new Sender(new AddressPolicy(['127.0.0.0/8']), options), secrets: TEST_SECRETS };
}
