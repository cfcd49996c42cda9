import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestService } from '../api/harness.ts';
import { aSitrep, requestIds } from '../support/document.ts';

let service: TestService;
const received: { headers: IncomingHttpHeaders; body: string }[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text) => {
    body += text;
  });
  request.on('end', () => {
    received.push({ headers: request.headers, body });
    response.end('ok');
  });
});
beforeAll(async () => {
  service = await TestService.start();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await service.close();
  server.close();
});

test('an alert is delivered, signed', async () => {
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const made = await service.api.post('/v1/receivers', {
    name: 'first',
    endpoint,
    subscriptions: ['test.**'],
  });
  expect(made.status).toBe(201);
  const sent = aSitrep({}, 3);
  expect((await service.api.submit(sent)).status).toBe(201);
  await expect.poll(() => received.length).toBe(3);
  for (const { headers, body } of received) {
    const message = new Webhook(made.body.secret).verify(body, headers as Record<string, string>);
    expect(message).toMatchObject({ type: 'test.foo', version: 0, sitrepId: sent.id, data: { n: 1 } });
  }
  expect(received.map(({ headers }) => headers['webhook-id']).sort()).toEqual(requestIds(sent).sort());
  await expect
    .poll(async () => (await service.api.get('/v1/deliveries?state=delivered')).body.items.length)
    .toBe(3);
  const probe = await service.api.ask('POST', `/v1/receivers/${made.body.id}/probe`);
  expect(probe.body).toMatchObject({ attempt: { outcome: 'delivered', status: 200 }, resent: [] });
});
