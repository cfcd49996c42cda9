import { z } from 'zod';
import { Id } from '../../model/id.ts';
import { Problem } from '../../model/problem.ts';
import { MAX_SUBSCRIPTIONS, Subscription } from '../../model/receiver.ts';
import { FormerSubscription } from '../../model/subscription.ts';
import { readReceiver } from '../../store/receiver.ts';
import { addSubscription, removeSubscription } from '../../store/receiver-subscription.ts';
import { invalidBody, readBody } from '../json-body.ts';
import { type Route, route } from '../route.ts';
import { noSuchReceiver } from './receivers.ts';

const id = Id.describe('The id of the receiver.');

const list = route({
  method: 'GET',
  path: '/v1/receivers/{id}/subscriptions',
  needs: 'read',
  tag: 'Receivers',
  summary: 'List what a receiver is subscribed to',
  params: z.strictObject({ id }),
  answers: {
    200: {
      description: 'All of it, in the order of the alphabet.',
      schema: z.object({ items: z.array(Subscription) }).meta({ id: 'SubscriptionList' }),
    },
  },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params }) {
    const receiver = await readReceiver(pool, params.id);
    if (!receiver) throw noSuchReceiver(params.id);
    const items = receiver.subscriptions.map((subscription) => ({ subscription }));
    return { status: 200, body: { items } };
  },
});

const add = route({
  method: 'POST',
  path: '/v1/receivers/{id}/subscriptions',
  needs: 'operate',
  tag: 'Receivers',
  summary: 'Subscribe a receiver to one thing more',
  description: 'It hears of alerts that are made from then on, of each once, however many patterns cover it.',
  params: z.strictObject({ id }),
  body: Subscription,
  answers: {
    200: { description: 'It was subscribed to that already.', schema: Subscription },
    201: { description: 'It is subscribed to that now.', schema: Subscription },
  },
  problems: [
    'malformed-json',
    'not-found',
    'body-too-large',
    'request-timeout',
    'invalid-body',
    'unavailable',
  ],
  async handle({ pool }, { params, body, by }) {
    const wanted = readBody(Subscription, body);
    switch (await addSubscription(pool, params.id, wanted.subscription, by)) {
      case 'added':
        return { status: 201, body: wanted };
      case 'there':
        return { status: 200, body: wanted };
      case 'tooMany': {
        const detail = `is one too many: a receiver has at most ${MAX_SUBSCRIPTIONS}`;
        throw invalidBody([{ pointer: '/subscription', detail }]);
      }
      case 'gone':
        throw noSuchReceiver(params.id);
    }
  },
});

const remove = route({
  method: 'DELETE',
  path: '/v1/receivers/{id}/subscriptions/{subscription}',
  needs: 'operate',
  tag: 'Receivers',
  summary: 'Take one subscription away',
  description: 'What another one covers as well still comes. What is pending is sent all the same.',
  params: z.strictObject({
    id,
    subscription: FormerSubscription.describe('As it stands in the list; `*` needs no encoding.'),
  }),
  answers: { 204: { description: 'It is taken away.' } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { id, subscription }, by }) {
    switch (await removeSubscription(pool, id, subscription, by)) {
      case 'removed':
        return { status: 204 };
      case 'notThere':
        throw new Problem('not-found', `The receiver ${id} is not subscribed to ${subscription}.`);
      case 'gone':
        throw noSuchReceiver(id);
    }
  },
});

export const SUBSCRIPTION_ROUTES: Route[] = [list, add, remove];
