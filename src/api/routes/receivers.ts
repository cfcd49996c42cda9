import { z } from 'zod';
import { Id, newId } from '../../model/id.ts';
import { Problem } from '../../model/problem.ts';
import {
  NewReceiverView,
  NewSecretView,
  ReceiverChange,
  ReceiverInput,
  ReceiverView,
  SecretView,
} from '../../model/receiver.ts';
import { text } from '../../model/text.ts';
import {
  createReceiver,
  deleteReceiver,
  listReceivers,
  type ReceiverWritten,
  readReceiver,
  updateReceiver,
} from '../../store/receiver.ts';
import { listSecrets, rotateSecret, type SealedSecret } from '../../store/receiver-secret.ts';
import { secretPlace } from '../../webhook/secret-box.ts';
import { newSecret } from '../../webhook/signature.ts';
import { invalidBody, readBody } from '../json-body.ts';
import { given, paging } from '../parameters.ts';
import { type Route, route } from '../route.ts';
import type { Service } from '../service.ts';
import { wake } from '../wake.ts';

const params = z.strictObject({ id: Id.describe('The id of the receiver.') });

const create = route({
  method: 'POST',
  path: '/v1/receivers',
  needs: 'operate',
  tag: 'Receivers',
  summary: 'Make a receiver',
  description:
    'The answer has its secret, which is not shown again. It hears of alerts that are made from now on.',
  body: ReceiverInput,
  answers: {
    201: {
      description: 'It is there.',
      schema: NewReceiverView,
      headers: { Location: 'Where the receiver is read.' },
    },
  },
  problems: [
    'malformed-json',
    'receiver-name-taken',
    'body-too-large',
    'request-timeout',
    'invalid-body',
    'unavailable',
  ],
  async handle(service, { body, by }) {
    const input = readBody(ReceiverInput, body);
    await requireAllowed(service, input.endpoint);
    const id = newId();
    const { secret, sealed } = makeSecret(service, id);
    const receiver = writtenOr(await createReceiver(service.pool, id, input, sealed, by), id);
    return { status: 201, headers: { location: `/v1/receivers/${id}` }, body: { ...receiver, secret } };
  },
});

const list = route({
  method: 'GET',
  path: '/v1/receivers',
  needs: 'read',
  tag: 'Receivers',
  summary: 'List receivers, newest first',
  query: z.strictObject({
    name: text(100).optional().describe('Only the one of this name.'),
    ...paging,
  }),
  answers: {
    200: {
      description: 'One page.',
      schema: z
        .object({ items: z.array(ReceiverView), nextCursor: z.string().nullable() })
        .meta({ id: 'ReceiverPage' }),
    },
  },
  problems: ['unavailable'],
  async handle({ pool }, { query }) {
    return { status: 200, body: await listReceivers(pool, given(query)) };
  },
});

const read = route({
  method: 'GET',
  path: '/v1/receivers/{id}',
  needs: 'read',
  tag: 'Receivers',
  summary: 'Read a receiver',
  params,
  answers: { 200: { description: 'The receiver.', schema: ReceiverView } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { id } }) {
    return { status: 200, body: found(await readReceiver(pool, id), id) };
  },
});

const update = route({
  method: 'PATCH',
  path: '/v1/receivers/{id}',
  needs: 'operate',
  tag: 'Receivers',
  summary: 'Change a receiver',
  description:
    'What is left out stays. Disabled, it gets nothing; what was pending, and what comes meanwhile, is listed as skipped, and can be sent again.',
  params,
  body: ReceiverChange,
  answers: { 200: { description: 'The receiver as it is now.', schema: ReceiverView } },
  problems: [
    'malformed-json',
    'not-found',
    'receiver-name-taken',
    'body-too-large',
    'request-timeout',
    'invalid-body',
    'unavailable',
  ],
  async handle(service, { params: { id }, body, by }) {
    const change = readBody(ReceiverChange, body);
    if (change.endpoint !== undefined) await requireAllowed(service, change.endpoint);
    return { status: 200, body: writtenOr(await updateReceiver(service.pool, id, change, by), id) };
  },
});

const remove = route({
  method: 'DELETE',
  path: '/v1/receivers/{id}',
  needs: 'operate',
  tag: 'Receivers',
  summary: 'Delete a receiver',
  description: 'What is pending for it is not sent, and the record of its deliveries goes with it.',
  params,
  answers: { 204: { description: 'It is deleted.' } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool, client }, { params: { id }, by }) {
    if (!(await deleteReceiver(pool, id, by))) throw noSuchReceiver(id);
    // Idle, its workflow would wait for ever; woken it sees that there is nobody left to send to.
    await wake(client, id);
    return { status: 204 };
  },
});

const secrets = route({
  method: 'GET',
  path: '/v1/receivers/{id}/secrets',
  needs: 'read',
  tag: 'Receivers',
  summary: 'List the secrets that sign, newest first',
  params,
  answers: {
    200: {
      description: 'Not the secrets themselves.',
      schema: z.object({ items: z.array(SecretView) }).meta({ id: 'SecretList' }),
    },
  },
  problems: ['not-found', 'unavailable'],
  async handle({ pool }, { params: { id } }) {
    found(await readReceiver(pool, id), id);
    return { status: 200, body: { items: await listSecrets(pool, id) } };
  },
});

const A_DAY = 86_400;
const Rotation = z
  .strictObject({
    keepSeconds: z
      .int()
      .min(0)
      .max(30 * A_DAY)
      .default(A_DAY)
      .describe('For so long the secrets before it go on signing as well.'),
  })
  .meta({ id: 'Rotation' });

const rotate = route({
  method: 'POST',
  path: '/v1/receivers/{id}/secrets',
  needs: 'operate',
  tag: 'Receivers',
  summary: 'Give a receiver a new secret',
  description:
    'The answer has it; it is not shown again. Until those before it expire, deliveries carry a signature of each.',
  params,
  body: Rotation,
  answers: { 201: { description: 'It signs from now on.', schema: NewSecretView } },
  problems: [
    'malformed-json',
    'not-found',
    'body-too-large',
    'request-timeout',
    'invalid-body',
    'unavailable',
  ],
  async handle(service, { params: { id }, body, by }) {
    const { keepSeconds } = readBody(Rotation, body);
    const { secret, sealed } = makeSecret(service, id);
    const view = found(await rotateSecret(service.pool, id, sealed, keepSeconds, by), id);
    return { status: 201, body: { ...view, secret } };
  },
});

function makeSecret({ mail }: Service, receiverId: string): { secret: string; sealed: SealedSecret } {
  const secret = newSecret();
  const id = newId();
  return { secret, sealed: { id, sealed: mail.secrets.seal(secret, secretPlace(receiverId, id)) } };
}

async function requireAllowed({ mail }: Service, endpoint: string): Promise<void> {
  const fault = await mail.sender.endpointFault(endpoint);
  if (fault) throw invalidBody([{ pointer: '/endpoint', detail: fault }]);
}

function writtenOr(written: ReceiverWritten, id: string): ReceiverView {
  switch (written.kind) {
    case 'written':
      return written.receiver;
    case 'gone':
      throw noSuchReceiver(id);
    case 'nameTaken':
      throw new Problem('receiver-name-taken', 'Choose another name, or change the receiver that has it.');
  }
}

function found<Value>(value: Value | null, id: string): Value {
  if (value === null) throw noSuchReceiver(id);
  return value;
}

export function noSuchReceiver(id: string): Problem {
  return new Problem('not-found', `There is no receiver ${id}.`);
}

export const RECEIVER_ROUTES: Route[] = [create, list, read, update, remove, secrets, rotate];
