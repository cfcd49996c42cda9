import type { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';
import type { Logger } from 'pino';

/** Traces that a process sends. */
export interface Tracing {
  /** For connections to Temporal: clients, workers and activities on them take part. */
  plugin: OpenTelemetryPlugin;
  /** Sends what is still to be sent. */
  stop(): Promise<void>;
}

type Environment = Record<string, string | undefined>;

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** The environment asks for traces as they are not sent. */
export class TracingError extends Error {
  override readonly name = 'TracingError';
}

/**
 * Begins to trace, if the standard variables of OpenTelemetry ask for it: by naming where to send traces to, or by
 * `OTEL_TRACES_EXPORTER=otlp`. Null if they don't; then nothing of OpenTelemetry's SDK is even loaded.
 */
export async function startTracing(
  env: Environment,
  serviceName: string,
  logger: Logger,
): Promise<Tracing | null> {
  const protocol = askedProtocol(env);
  if (protocol === null) return null;
  const { openTracing } = await import('./open-tracing.ts');
  return openTracing(serviceName, protocol, logger);
}

/** How traces are to be sent, or null. */
export function askedProtocol(env: Environment): Protocol | null {
  const exporter = env.OTEL_TRACES_EXPORTER?.trim();
  if (/^true$/i.test(env.OTEL_SDK_DISABLED ?? '') || exporter === 'none') return null;
  if (exporter && exporter !== 'otlp') {
    throw new TracingError(
      `OTEL_TRACES_EXPORTER is ${exporter}; traces are sent by otlp, or not at all (none).`,
    );
  }
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!exporter && !endpoint) return null;
  const asked = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/protobuf';
  const protocol = PROTOCOLS.find((one) => one === asked);
  if (protocol) return protocol;
  throw new TracingError(
    `OTEL_EXPORTER_OTLP_PROTOCOL is ${asked}; Sitrep sends ${PROTOCOLS.join(' or ')}, which collectors take on port 4318.`,
  );
}
