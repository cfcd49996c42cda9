import { z } from 'zod';
import {
  AttemptView,
  DELIVERY_STATES,
  DeliveryView,
  ProbeView,
  ResendingView,
} from '../../model/delivery.ts';
import { Id } from '../../model/id.ts';
import { Problem } from '../../model/problem.ts';
import { listAttempts, listDeliveries, readDelivery } from '../../store/delivery.ts';
import { readReceiver } from '../../store/receiver.ts';
import { type Resent, resendDelivery, resendFailed } from '../../store/resend.ts';
import { given, paging, time } from '../parameters.ts';
import { probe } from '../probe.ts';
import { type Route, route } from '../route.ts';
import type { Service } from '../service.ts';
import { wake } from '../wake.ts';
import { noSuchReceiver } from './receivers.ts';

const params = z.strictObject({ id: Id.describe('The id of the delivery.') });
const ofReceiver = z.strictObject({ id: Id.describe('The id of the receiver.') });

const list = route({
  method: 'GET',
  path: '/v1/deliveries',
  needs: 'read',
  tag: 'Deliveries',
  summary: 'List deliveries, newest first',
  query: z.strictObject({
    state: z
      .enum(DELIVERY_STATES, `must be one of ${DELIVERY_STATES.join(', ')}`)
      .optional()
      .describe('Only those in this state.'),
    receiverId: Id.optional().describe('Only those to this receiver.'),
    alertId: Id.optional().describe('Only those of this alert.'),
    ...paging,
  }),
  answers: {
    200: {
      description: 'One page.',
      schema: z
        .object({ items: z.array(DeliveryView), nextCursor: z.string().nullable() })
        .meta({ id: 'DeliveryPage' }),
    },
  },
  problems: ['unavailable'],
  async handle({ pool }, { query }) {
    return { status: 200, body: await listDeliveries(pool, given(query)) };
  },
});

const read = route({
  method: 'GET',
  path: '/v1/deliveries/{id}',
  needs: 'read',
  tag: 'Deliveries',
  summary: 'Read a delivery',
  params,
  answers: { 200: { description: 'The delivery.', schema: DeliveryView } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { id } }) {
    return { status: 200, body: await delivery(pool, id) };
  },
});

const attempts = route({
  method: 'GET',
  path: '/v1/deliveries/{id}/attempts',
  needs: 'read',
  tag: 'Deliveries',
  summary: 'List the attempts of a delivery, in order',
  params,
  answers: {
    200: {
      description: 'All of them.',
      schema: z.object({ items: z.array(AttemptView) }).meta({ id: 'AttemptList' }),
    },
  },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { id } }) {
    await delivery(pool, id);
    return { status: 200, body: { items: await listAttempts(pool, id) } };
  },
});

const resend = route({
  method: 'POST',
  path: '/v1/deliveries/{id}/resend',
  needs: 'operate',
  tag: 'Deliveries',
  summary: 'Send a delivery again',
  description: 'By a new delivery, whose message has the same id, so that its receiver recognises it.',
  params,
  answers: { 201: { description: 'It is on its way.', schema: ResendingView } },
  problems: ['not-found', 'not-resendable', 'unavailable'],
  async handle(service, { params: { id }, by }) {
    const found = await delivery(service.pool, id);
    const resent = await resendDelivery(service.pool, id, by);
    if (resent.ids.length === 0) {
      throw new Problem('not-resendable', notResendable(found), { deliveryId: id });
    }
    return onItsWay(service, resent);
  },
});

const resendAll = route({
  method: 'POST',
  path: '/v1/receivers/{id}/resend',
  needs: 'operate',
  tag: 'Deliveries',
  summary: 'Send again all that failed or was skipped since a time',
  description: 'Unless it has been delivered after all, or its alert was deleted.',
  params: ofReceiver,
  query: z.strictObject({ since: time('Since when.') }),
  answers: { 201: { description: 'They are on their way.', schema: ResendingView } },
  problems: ['not-found', 'not-resendable', 'unavailable'],
  async handle(service, { params: { id }, query: { since }, by }) {
    await enabledReceiver(service, id);
    return onItsWay(service, await resendFailed(service.pool, id, since, by));
  },
});

const probeRoute = route({
  method: 'POST',
  path: '/v1/receivers/{id}/probe',
  needs: 'operate',
  tag: 'Deliveries',
  summary: 'Send a test delivery now, and say how it went',
  description:
    'Signed, bounded and recorded as any other, and under the same rules. If it is accepted, `resendSince` has all that failed or was skipped since then sent again.',
  params: ofReceiver,
  query: z.strictObject({ resendSince: time('Since when.').optional() }),
  answers: { 200: { description: 'How it went, accepted or not.', schema: ProbeView } },
  problems: ['not-found', 'unavailable'],
  async handle(service, { params: { id }, query: { resendSince }, by }) {
    const receiver = await readReceiver(service.pool, id);
    if (!receiver) throw noSuchReceiver(id);
    const result = await probe(service, receiver, by);
    if (!result) throw noSuchReceiver(id);
    const accepted = result.attempt.outcome === 'delivered';
    const resent =
      accepted && resendSince
        ? await resendFailed(service.pool, id, resendSince, by)
        : { ids: [], receivers: [] };
    await wakeAll(service, resent);
    return { status: 200, body: { ...result, resent: resent.ids } };
  },
});

async function delivery(pool: Service['pool'], id: string): Promise<DeliveryView> {
  const found = await readDelivery(pool, id);
  if (!found) throw new Problem('not-found', `There is no delivery ${id}.`);
  return found;
}

function notResendable({ state, trigger }: DeliveryView): string {
  if (trigger === 'probe') return 'It was a probe. Make another one.';
  if (state === 'pending') return 'It is still pending, and will be sent anyhow.';
  return 'Its alert was deleted, its receiver is disabled, or it waits to be sent again already.';
}

async function enabledReceiver({ pool }: Service, id: string): Promise<void> {
  const receiver = await readReceiver(pool, id);
  if (!receiver) throw noSuchReceiver(id);
  if (!receiver.enabled) throw new Problem('not-resendable', `The receiver ${receiver.name} is disabled.`);
}

async function onItsWay(service: Service, resent: Resent) {
  await wakeAll(service, resent);
  return { status: 201, body: { deliveryIds: resent.ids } };
}

async function wakeAll(service: Service, { receivers }: Resent): Promise<void> {
  for (const receiver of receivers) await wake(service.client, receiver);
}

export const DELIVERY_ROUTES: Route[] = [list, read, attempts, resend, resendAll, probeRoute];
