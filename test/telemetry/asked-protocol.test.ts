import { expect, test } from 'vitest';
import { askedProtocol } from '../../src/telemetry/tracing.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

test.each<[what: string, env: Record<string, string>, protocol: string | null]>([
  ['nothing', {}, null],
  ['a place for traces', ENDPOINT, 'http/protobuf'],
  ['a place for traces alone', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/v1/traces' }, 'http/protobuf'],
  ['the exporter', { OTEL_TRACES_EXPORTER: 'otlp' }, 'http/protobuf'],
  ['JSON', { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, 'http/json'],
  ['no traces', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, null],
  ['nothing of OpenTelemetry', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }, null],
])('when the environment asks for %s', (_, env, protocol) => {
  expect(askedProtocol(env)).toBe(protocol);
});

test('what is not done is refused in words', () => {
  expect(() => askedProtocol({ OTEL_TRACES_EXPORTER: 'zipkin' })).toThrow(/zipkin.*otlp/);
  expect(() => askedProtocol({ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toThrow(
    /grpc.*http\/protobuf/,
  );
});
