import { isSpanContextValid, type Span } from '@opentelemetry/api';
import type { AttemptEnd } from '../model/delivery.ts';
import { clientSpan } from '../telemetry/span.ts';

/** What an attempt is about. The endpoint is not said: its path, or what stands behind it, may be a secret. */
interface Attempted {
  receiverId: string;
  messageId: string;
  /** The sitrep that asked for the alert, if one did. */
  sitrepId: string | null;
}

/** Makes one attempt as a span, with headers that tell the receiver which trace it belongs to. */
export function inAttemptSpan(
  { receiverId, messageId, sitrepId }: Attempted,
  send: (headers: Record<string, string>) => Promise<AttemptEnd>,
): Promise<AttemptEnd> {
  const attributes = {
    'http.request.method': 'POST',
    'sitrep.receiver_id': receiverId,
    'sitrep.message_id': messageId,
    ...(sitrepId !== null && { 'sitrep.sitrep_id': sitrepId }),
  };
  return clientSpan('POST webhook', attributes, async (span) => {
    const end = await send(traceparentOf(span));
    span.setAttribute('sitrep.outcome', end.outcome);
    if (end.status !== null) span.setAttribute('http.response.status_code', end.status);
    return end;
  });
}

/** No more than that: what else clients had their requests carry is nothing for receivers. */
function traceparentOf(span: Span): Record<string, string> {
  const spanContext = span.spanContext();
  if (!isSpanContextValid(spanContext)) return {};
  const { traceId, spanId, traceFlags } = spanContext;
  return { traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}` };
}
