import type pg from 'pg';
import type { Role } from '../model/access.ts';
import { DATABASE_OWNER } from '../model/audit.ts';
import { Id } from '../model/id.ts';
import { PROBLEMS, problemType } from '../model/problem.ts';
import {
  hasTokenForm,
  type NewTokenView,
  newToken,
  TokenInput,
  type TokenView,
  tokenHash,
} from '../model/token.ts';
import type { Page } from '../model/views.ts';
import { databaseFailure, requireDatabaseUrl } from './database-url.ts';
import { Failure, Misuse } from './failure.ts';
import { printPage } from './page.ts';
import type { Outcome, Session } from './session.ts';
import { newTokenInWords, revocationInWords, tokensInWords } from './words/token.ts';

type Store = typeof import('../store/token.ts');

/** As whoever has the database: no API lets anybody in as long as there is no token. */
export interface Directly {
  direct?: true;
}

export interface CreateOptions extends Directly {
  role: Role;
  expiresIn?: number;
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

async function createDirectly(session: Session, wanted: TokenInput): Promise<NewTokenView> {
  const parsed = TokenInput.safeParse(wanted);
  if (!parsed.success) throw new Misuse(parsed.error.issues.map(faultInWords).join('; '));
  const token = newToken();
  const made = await inDatabase(session, (store, pool) =>
    store.createToken(pool, parsed.data, tokenHash(token), DATABASE_OWNER),
  );
  if (made.kind === 'created') return { ...made.token, token };
  const { title } = PROBLEMS['token-name-taken'];
  throw new Failure({
    type: problemType('token-name-taken'),
    title,
    detail: `Choose another one than ${wanted.name}.`,
  });
}

async function inDatabase<T>(
  { world }: Session,
  work: (store: Store, pool: pg.Pool) => Promise<T>,
): Promise<T> {
  const databaseUrl = requireDatabaseUrl(world.env);
  const { schemaFault } = await import('../store/migrate.ts');
  const { createPool } = await import('../store/pool.ts');
  const store = await import('../store/token.ts');
  const pool = createPool(databaseUrl, { max: 1, applicationName: 'sitrep tokens' });
  try {
    const fault = await schemaFault(pool).catch(databaseFailure);
    if (fault !== null) throw new Failure({ title: 'The database has another schema', detail: fault });
    return await work(store, pool).catch(databaseFailure);
  } finally {
    await pool.end();
  }
}

function faultInWords({ path, message }: { path: PropertyKey[]; message: string }): string {
  return `${path.join('.')} ${message}`;
}

export async function listTokens(
  session: Session,
  { limit, direct }: Directly & { limit: number },
): Promise<Outcome> {
  const page = await tokens(session, { limit }, direct);
  printPage(session.terminal, page, limit, 'No tokens yet.', tokensInWords);
  return 'done';
}

export async function revokeToken(session: Session, ref: string, { direct }: Directly): Promise<Outcome> {
  const { client, terminal } = session;
  const { id, name } = await findToken(session, ref, direct);
  if (!direct) await client.revokeToken(id);
  else if (!(await inDatabase(session, (store, pool) => store.revokeToken(pool, id, DATABASE_OWNER)))) {
    throw noToken(`There is no token ${id}.`);
  }
  terminal.data({ id, ...(name === null ? {} : { name }), revoked: true }, () =>
    revocationInWords(name ?? id),
  );
  return 'done';
}

/** By its id it is known without its name. */
async function findToken(
  session: Session,
  ref: string,
  direct?: true,
): Promise<{ id: string; name: string | null }> {
  // It would be sent as part of an address, which others write into their logs.
  if (hasTokenForm(ref)) throw new Misuse('this is a token itself; name it by its name or its id');
  const id = Id.safeParse(ref);
  if (id.success) return { id: id.data, name: null };
  const { items } = await tokens(session, { limit: 1, name: ref }, direct);
  if (items[0]) return items[0];
  throw noToken(`No token is named ${ref}.`);
}

function tokens(
  session: Session,
  asked: { limit: number; name?: string },
  direct?: true,
): Promise<Page<TokenView>> {
  if (direct) return inDatabase(session, (store, pool) => store.listTokens(pool, asked));
  const { limit, ...query } = asked;
  return session.client.tokens(limit, query);
}

function noToken(detail: string): Failure {
  const { title, status } = PROBLEMS['not-found'];
  return new Failure(
    { type: problemType('not-found'), title, status, detail },
    'See those there are with: sitrep tokens list',
  );
}
