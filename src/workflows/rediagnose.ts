import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { RediagnosisActivities } from '../activities/index.ts';
import type { RediagnosisAsked, RediagnosisPage } from '../model/rediagnosis.ts';
import { RUNS_ENGINES } from './activity-options.ts';

/** Somebody waits for it, and can ask again: so it is not tried for as long as it takes. */
const { rediagnoseVersions } = proxyActivities<RediagnosisActivities>({
  ...RUNS_ENGINES,
  startToCloseTimeout: '2 minutes',
  retry: { ...RUNS_ENGINES.retry, maximumAttempts: 3 },
  summary: 'Run the engines of today over what earlier analyses saw',
});

/** Diagnoses some versions once more. Writes nothing. */
export async function rediagnose(asked: RediagnosisAsked): Promise<RediagnosisPage> {
  const page = await rediagnoseVersions(asked);
  const outcomes = page.items.map(({ version, outcome }) => `- v${version}: ${outcome}`);
  setCurrentDetails(outcomes.join('\n'));
  return page;
}
