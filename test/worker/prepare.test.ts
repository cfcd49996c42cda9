import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { TEND_SCHEDULE, type TendReport } from '../../src/model/lifecycle.ts';
import { SEARCH_ATTRIBUTES } from '../../src/model/search-attributes.ts';
import { prepareNamespace } from '../../src/worker/prepare.ts';
import { TestService } from '../api/harness.ts';
import { commit } from '../support/commit.ts';
import { aSitrep, requestIds } from '../support/document.ts';
import { connectTemporal } from '../support/temporal.ts';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ searchAttributes: false });
});
afterAll(() => service.close());

test('a namespace is made ready by five workers at once, and again later', async () => {
  const { connection, client, namespace } = service.temporal;
  const prepare = () => prepareNamespace(connection, client, namespace);
  await Promise.all(Array.from({ length: 5 }, prepare));
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  for (const { name } of Object.values(SEARCH_ATTRIBUTES)) expect(customAttributes).toHaveProperty(name);
  const schedule = client.schedule.getHandle(TEND_SCHEDULE);
  const { spec } = await schedule.describe();
  expect(spec.intervals).toMatchObject([{ every: 5 * 60_000 }]);

  await schedule.pause('an operator looks into something');
  await prepare();
  expect((await schedule.describe()).state.paused).toBe(true);
  await schedule.unpause();
});

test('[I12] the schedule reconciles a head that nobody else did', async () => {
  const { client } = service.temporal;
  const head = aSitrep({}, 2);
  await commit(service.api.db.pool, head);
  const schedule = client.schedule.getHandle(TEND_SCHEDULE);
  await schedule.trigger();
  const runs = async () => (await schedule.describe()).info.recentActions;
  await expect.poll(async () => (await runs()).length).toBeGreaterThan(0);
  const { action } = (await runs()).at(-1) as Awaited<ReturnType<typeof runs>>[number];
  const { workflowId, firstExecutionRunId } = action.workflow;
  const report: TendReport = await client.workflow.getHandle(workflowId, firstExecutionRunId).result();
  expect(report).toMatchObject({ dryRun: false, found: { alertsMade: { count: 2 } } });
  for (const id of requestIds(head)) expect((await service.api.get(`/v1/alerts/${id}`)).status).toBe(200);
});

test('where search attributes may not be added, it is said which are needed, and how to get them', async () => {
  const temporal = await connectTemporal({ searchAttributes: false });
  const { connection, client, namespace } = temporal;
  vi.spyOn(connection.operatorService, 'addSearchAttributes').mockRejectedValue(new Error('not allowed'));
  await expect(prepareNamespace(connection, client, namespace)).rejects.toThrow(
    /lacks the search attributes SitrepState \(Keyword\), SitrepVersion \(Int\), .*not allowed.*temporal operator search-attribute create.*tcld/,
  );
  await temporal.close();
});
