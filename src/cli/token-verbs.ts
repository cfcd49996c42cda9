import type { Role } from '../model/access.ts';
import { DATABASE_OWNER } from '../model/audit.ts';
import { Id } from '../model/id.ts';
import { PROBLEMS, problemType } from '../model/problem.ts';
import { type NewTokenView, newToken, TokenInput, tokenHash } from '../model/token.ts';
import type { ApiClient } from './api-client.ts';
import { databaseFailure, requireDatabaseUrl } from './database-url.ts';
import { Failure, Misuse } from './failure.ts';
import { printPage } from './page.ts';
import type { Outcome, Session } from './session.ts';
import { newTokenInWords, revocationInWords, tokensInWords } from './words/token.ts';

export interface CreateOptions {
  role: Role;
  expiresIn?: number;
  direct?: true;
}

export async function createToken(
  session: Session,
  name: string,
  { role, expiresIn, direct }: CreateOptions,
): Promise<Outcome> {
  const { client, terminal } = session;
  const wanted = { name, role, expiresInSeconds: expiresIn ?? null };
  const token = direct ? await createDirectly(session, wanted) : await client.createToken(wanted);
  terminal.data(token, (style) => newTokenInWords(token, style));
  return 'done';
}

/** As whoever has the database: no API lets anybody in as long as there is no token. */
async function createDirectly({ world }: Session, wanted: TokenInput): Promise<NewTokenView> {
  const databaseUrl = requireDatabaseUrl(world.env);
  const parsed = TokenInput.safeParse(wanted);
  if (!parsed.success) throw new Misuse(parsed.error.issues.map(faultInWords).join('; '));
  const { schemaFault } = await import('../store/migrate.ts');
  const { createPool } = await import('../store/pool.ts');
  const store = await import('../store/token.ts');
  const token = newToken();
  const pool = createPool(databaseUrl, { max: 1, applicationName: 'sitrep tokens' });
  try {
    const fault = await schemaFault(pool).catch(databaseFailure);
    if (fault !== null) throw new Failure({ title: 'The database has another schema', detail: fault });
    const made = await store
      .createToken(pool, parsed.data, tokenHash(token), DATABASE_OWNER)
      .catch(databaseFailure);
    if (made.kind === 'created') return { ...made.token, token };
  } finally {
    await pool.end();
  }
  const { title } = PROBLEMS['token-name-taken'];
  throw new Failure({
    type: problemType('token-name-taken'),
    title,
    detail: `Choose another one than ${wanted.name}.`,
  });
}

function faultInWords({ path, message }: { path: PropertyKey[]; message: string }): string {
  return `${path.join('.')} ${message}`;
}

export async function listTokens(
  { client, terminal }: Session,
  { limit }: { limit: number },
): Promise<Outcome> {
  const page = await client.tokens(limit, {});
  printPage(terminal, page, limit, 'No tokens yet.', tokensInWords);
  return 'done';
}

export async function revokeToken({ client, terminal }: Session, ref: string): Promise<Outcome> {
  const { id, name } = await findToken(client, ref);
  await client.revokeToken(id);
  terminal.data({ id, ...(name === null ? {} : { name }), revoked: true }, () =>
    revocationInWords(name ?? id),
  );
  return 'done';
}

/** By its id it is known without its name. */
async function findToken(client: ApiClient, ref: string): Promise<{ id: string; name: string | null }> {
  const id = Id.safeParse(ref);
  if (id.success) return { id: id.data, name: null };
  const { items } = await client.tokens(1, { name: ref });
  if (items[0]) return items[0];
  const { title, status } = PROBLEMS['not-found'];
  throw new Failure(
    { type: problemType('not-found'), title, status, detail: `No token is named ${ref}.` },
    'See those there are with: sitrep tokens list',
  );
}
