import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';

/** How to reach a Temporal server, from a worker or from a client. */
export interface TemporalAccess {
  connectionOptions: Pick<NativeConnectionOptions, 'address' | 'apiKey' | 'tls' | 'metadata'>;
  namespace: string;
  address: string;
}

/**
 * The Temporal server that the environment names, by TEMPORAL_ADDRESS and the other variables of Temporal's
 * own tools, or by a profile in their configuration file; null when there is none.
 */
export function externalTemporal(env: NodeJS.ProcessEnv): TemporalAccess | null {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { namespace, connectionOptions } = loadClientConnectConfig({
    overrideEnvVars: Object.fromEntries(set),
  });
  const { address, apiKey, tls, metadata } = connectionOptions;
  if (!address) return null;
  return {
    connectionOptions: {
      address,
      ...(apiKey !== undefined && { apiKey }),
      ...(tls !== undefined && { tls }),
      ...(metadata !== undefined && { metadata }),
    },
    namespace: namespace ?? 'default',
    address,
  };
}
