import { inject } from 'vitest';
import type { DoctorKind, DoctorReport } from '../../src/model/doctor.ts';
import { sitrep } from '../cli/captured.ts';
import { TEST_SECRET_KEY } from './mail.ts';

export interface Examined {
  code: number;
  /** What was found, by kind; the ids sorted. */
  found: Partial<Record<DoctorKind, string[]>>;
  report: DoctorReport;
}

/** The environment of a worker. */
export function serversOf(databaseUrl: string, namespace: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: namespace,
    SITREP_SECRET_KEY: TEST_SECRET_KEY,
  };
}

/** Runs `sitrep doctor`, as an operator does. */
export async function examined(env: Record<string, string>, ...options: '--fix'[]): Promise<Examined> {
  const { code, out, err } = await sitrep(['doctor', ...options, '-o', 'json'], { env });
  if (out === '') throw new Error(err);
  const report: DoctorReport = JSON.parse(out);
  const found = Object.fromEntries(report.findings.map(({ kind, ids }) => [kind, ids.toSorted()]));
  return { code, found, report };
}
