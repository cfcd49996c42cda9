import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { newSecret, sign, signingKey } from '../../src/webhook/signature.ts';

const BODY = '{"test": 2432232314}';

describe('a signature', () => {
  test('is that of the vector which Standard Webhooks publishes', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(sign('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, BODY, [signingKey(secret)])).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test('is accepted by the reference library, with the old secret and with the new one', () => {
    const secrets = [newSecret(), newSecret()];
    const headers = sign('id', Math.floor(Date.now() / 1000), BODY, secrets.map(signingKey));
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(BODY, { ...headers })).toEqual(JSON.parse(BODY));
    }
  });

  test('is refused for another body, id, time or secret', () => {
    const secret = newSecret();
    const headers = { ...sign('id', Math.floor(Date.now() / 1000), BODY, [signingKey(secret)]) };
    const verify = (body: string, sent: object, by = secret) =>
      new Webhook(by).verify(body, { ...headers, ...sent });
    expect(() => verify(`${BODY} `, {})).toThrow('No matching signature');
    expect(() => verify(BODY, { 'webhook-id': 'another' })).toThrow('No matching signature');
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect(() => verify(BODY, { 'webhook-timestamp': later })).toThrow('No matching signature');
    expect(() => verify(BODY, {}, newSecret())).toThrow('No matching signature');
  });
});

test('a secret is whsec_ and 32 random bytes', () => {
  const secret = newSecret();
  expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
  expect(newSecret()).not.toBe(secret);
});
