import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestService } from './harness.ts';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ worker: false });
});
afterAll(() => service.close());

const ready = async () => {
  const { status, body } = await service.api.get('/readyz');
  return { status, ...body.checks };
};

test('without a worker an API is ready all the same, and says that what is submitted waits', async () => {
  expect(await ready()).toEqual({
    status: 200,
    postgres: 'ready',
    temporal: 'ready',
    workers: 'None has asked for work lately: what is submitted is taken, and waits.',
    configuration: 'ready',
    authentication: expect.stringMatching(/^Off/),
  });
});

test('once a worker asks for work, it says nothing of that', async () => {
  await service.startWorker();
  await expect.poll(async () => (await ready()).workers).toBe('ready');
});
