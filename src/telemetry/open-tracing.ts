import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResourcesSync, envDetectorSync, Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';
import type { Logger } from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import type { Protocol, Tracing } from './tracing.ts';

/** Sets up OpenTelemetry for this process. What the environment says of sampling, batches and names, it reads itself. */
export function openTracing(serviceName: string, protocol: Protocol, logger: Logger): Tracing {
  diag.setLogger(diagTo(logger), DiagLogLevel.WARN);
  const resource = Resource.default()
    .merge(new Resource({ 'service.name': serviceName, 'service.version': packageJson.version }))
    .merge(new Resource(detectResourcesSync({ detectors: [envDetectorSync] }).attributes));
  const exporter = protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter();
  const spanProcessor = new BatchSpanProcessor(exporter);
  const provider = new NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
  provider.register();
  return {
    plugin: new OpenTelemetryPlugin({ resource, spanProcessor }),
    stop: () => provider.shutdown(),
  };
}

/** Such as that nobody takes the traces. It keeps nobody from working. */
function diagTo(logger: Logger): DiagLogger {
  const warn = (message: string, ...more: unknown[]) => logger.warn({ more }, `OpenTelemetry: ${message}`);
  const silently = () => {};
  return { error: warn, warn, info: silently, debug: silently, verbose: silently };
}
