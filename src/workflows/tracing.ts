import {
  type Context,
  context,
  defaultTextMapGetter,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import { interceptors as temporalInterceptors } from '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors.js';
import {
  defaultPayloadConverter,
  type Headers,
  type WorkflowInboundCallsInterceptor,
  type WorkflowInterceptors,
  type WorkflowOutboundCallsInterceptor,
  workflowInfo,
} from '@temporalio/workflow';
import { ANALYSIS } from '../model/analysis-workflow.ts';
import { LIFECYCLE } from '../model/lifecycle.ts';
import { RECEIVER_WORKFLOW } from '../model/receiver-workflow.ts';

/** What begins a round, in workflows that go on for ever. */
const ROUND_BEGINS_WITH: Record<string, string> = {
  [ANALYSIS]: 'analyse',
  [RECEIVER_WORKFLOW]: 'deliverDue',
};

/** Where Temporal's interceptors put the trace that a request belongs to. */
const TRACE_HEADER = '_tracer-data';

type Interceptor = WorkflowInboundCallsInterceptor & WorkflowOutboundCallsInterceptor;

/**
 * What Temporal's plugin traces in workflows, in other places: it makes all that a workflow does a part of the span of its
 * run, which is sent when that has ended, for lifecycles weeks later, and for some never. So what they do is made a part
 * of a span without length, which is sent at once. Only in the bundle of workers that trace; nothing of it is in a history.
 */
export function interceptors(): WorkflowInterceptors {
  const { inbound = [], outbound = [], internals = [] } = temporalInterceptors();
  const first = placing(workflowInfo().workflowType);
  return { inbound: [...first, ...inbound], outbound: [...first, ...outbound], internals };
}

function placing(workflowType: string): Interceptor[] {
  const begins = ROUND_BEGINS_WITH[workflowType];
  if (begins !== undefined) return [inRounds(begins)];
  return workflowType === LIFECYCLE ? [inOneLife()] : [];
}

/** A lifecycle is a part of the trace of who started it, from its beginning to its end. */
function inOneLife(): Interceptor {
  let life = ROOT_CONTEXT;
  return {
    execute(input, next) {
      life = begin('Life', waking(input.headers));
      return next(input);
    },
    scheduleActivity: (input, next) => context.with(life, () => next(input)),
    signalWorkflow: (input, next) => context.with(life, () => next(input)),
  };
}

/**
 * Each round of a workflow that never ends is a part of the trace of who woke it first since the last round, with links to
 * the others who did; or a trace of its own, if nobody did.
 */
function inRounds(begins: string): Interceptor {
  let wakers: Context[] = [];
  let round = ROOT_CONTEXT;
  return {
    handleSignal(input, next) {
      if (wakers.length < MOST_LINKS) wakers.push(...waking(input.headers));
      return next(input);
    },
    scheduleActivity(input, next) {
      if (input.activityType === begins) {
        round = begin('Round', wakers);
        wakers = [];
      }
      return context.with(round, () => next(input));
    },
  };
}

/** Woken a thousand times in one round, it need not name them all. */
const MOST_LINKS = 32;

function begin(what: 'Life' | 'Round', [first = ROOT_CONTEXT, ...others]: Context[]): Context {
  const links = others.flatMap((waker) => {
    const spanContext = trace.getSpanContext(waker);
    return spanContext ? [{ context: spanContext }] : [];
  });
  const tracer = trace.getTracer('sitrep');
  const span = tracer.startSpan(`${what}:${workflowInfo().workflowType}`, { links }, first);
  span.end();
  return trace.setSpan(first, span);
}

/** The trace of who started or signalled it; none, if that one doesn't trace. */
function waking(headers: Headers): Context[] {
  const encoded = headers[TRACE_HEADER];
  if (!encoded) return [];
  const carrier = defaultPayloadConverter.fromPayload(encoded);
  const found = propagation.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
  return trace.getSpanContext(found) ? [found] : [];
}
