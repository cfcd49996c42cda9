import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { counted } from '../../src/worker/work-metrics.ts';

const found = (count: number) => ({ count, ids: [] });

test('the last step of a pass is counted as well, and only with it the pass has come to its end', async () => {
  const registry = new Registry();
  const steps = {
    lookAfterAnalysis: async () => ({ analysesDeleted: found(1), analysisStarted: found(0) }),
    forgetAccess: async () => ({ auditDeleted: found(2), tokensDeleted: found(3) }),
  };
  const { lookAfterAnalysis, forgetAccess } = counted(steps as never, registry, []);
  const passedAt = () => valueIn(registry, 'sitrep_tend_last_pass_timestamp_seconds');
  await lookAfterAnalysis(false, found(0));
  expect(await passedAt()).toBe(0);
  await forgetAccess(true);
  expect(await passedAt()).toBe(0);
  await forgetAccess(false);
  expect(await passedAt()).toBeGreaterThan(0);
  expect(await valueIn(registry, 'sitrep_tend_found_total', { kind: 'auditDeleted' })).toBe(2);
  expect(await valueIn(registry, 'sitrep_tend_found_total', { kind: 'tokensDeleted' })).toBe(3);
});

async function valueIn(registry: Registry, name: string, labels: Record<string, string> = {}) {
  const shown = await registry.getSingleMetric(name)?.get();
  return shown?.values.find((one) =>
    Object.entries(labels).every(([label, value]) => one.labels[label] === value),
  )?.value;
}
