import { externalTemporal, type TemporalAccess } from '../local/external-temporal.ts';
import { Failure } from './failure.ts';

/** The Temporal that runs elsewhere; `sitrep up` brings its own instead. */
export function requireTemporal(env: NodeJS.ProcessEnv): TemporalAccess {
  const temporal = externalTemporal(env);
  if (temporal) return temporal;
  const hint =
    'Set TEMPORAL_ADDRESS to host:port, or TEMPORAL_PROFILE to a profile of the Temporal configuration file.';
  throw new Failure({ title: 'The environment names no Temporal server' }, hint);
}

/** What a connection to it failed with, in words. */
export function temporalFailure(address: string) {
  return (error: unknown): never => {
    const { message } = error as Error;
    const detail = /connection ?refused/i.test(message) ? 'Nothing listens there.' : message;
    throw new Failure({ title: `Temporal does not answer at ${address}`, detail });
  };
}
