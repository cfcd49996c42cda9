import { z } from 'zod';
import { Id } from '../../model/id.ts';
import { Problem } from '../../model/problem.ts';
import { text } from '../../model/text.ts';
import { NewTokenView, newToken, TokenInput, TokenView, tokenHash } from '../../model/token.ts';
import { createToken, listTokens, revokeToken } from '../../store/token.ts';
import { readBody } from '../json-body.ts';
import { given, paging } from '../parameters.ts';
import { type Route, route } from '../route.ts';

const create = route({
  method: 'POST',
  path: '/v1/tokens',
  needs: 'administer',
  tag: 'Access',
  summary: 'Make a token',
  description: 'The answer has the token, which is not shown again: only its hash is kept.',
  body: TokenInput,
  answers: { 201: { description: 'It is taken from now on.', schema: NewTokenView } },
  problems: [
    'malformed-json',
    'token-name-taken',
    'body-too-large',
    'request-timeout',
    'invalid-body',
    'unavailable',
  ],
  async handle({ pool }, { body, by }) {
    const input = readBody(TokenInput, body);
    const token = newToken();
    const made = await createToken(pool, input, tokenHash(token), by);
    if (made.kind === 'created') return { status: 201, body: { ...made.token, token } };
    throw new Problem('token-name-taken', `Choose another name, or revoke the token ${input.name} first.`);
  },
});

const list = route({
  method: 'GET',
  path: '/v1/tokens',
  needs: 'administer',
  tag: 'Access',
  summary: 'List tokens, newest first',
  description: 'Not the tokens themselves. Those that have expired are among them for a while.',
  query: z.strictObject({
    name: text(100).optional().describe('Only the one of this name.'),
    ...paging,
  }),
  answers: {
    200: {
      description: 'One page.',
      schema: z
        .object({ items: z.array(TokenView), nextCursor: z.string().nullable() })
        .meta({ id: 'TokenPage' }),
    },
  },
  problems: ['unavailable'],
  async handle({ pool }, { query }) {
    return { status: 200, body: await listTokens(pool, given(query)) };
  },
});

const revoke = route({
  method: 'DELETE',
  path: '/v1/tokens/{id}',
  needs: 'administer',
  tag: 'Access',
  summary: 'Revoke a token',
  description: 'This API refuses it at once, and any other within five seconds.',
  params: z.strictObject({ id: Id.describe('The id of the token.') }),
  answers: { 204: { description: 'It is revoked.' } },
  problems: ['not-found', 'unavailable'],
  async handle({ pool, guard }, { params: { id }, by }) {
    if (!(await revokeToken(pool, id, by))) throw new Problem('not-found', `There is no token ${id}.`);
    guard?.tokens.forgetAll();
    return { status: 204 };
  },
});

export const TOKEN_ROUTES: Route[] = [create, list, revoke];
