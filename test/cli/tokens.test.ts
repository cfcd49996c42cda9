import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { keepOwnToken, tokenOf } from '../../src/cli/own-token.ts';
import { DATABASE_OWNER } from '../../src/model/audit.ts';
import { readSettings } from '../../src/model/settings.ts';
import { newToken, tokenHash } from '../../src/model/token.ts';
import { listAudit } from '../../src/store/audit.ts';
import { findHolder, listTokens, revokeToken } from '../../src/store/token.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { sitrep } from './captured.ts';
import { type Answer, json, problem, type ScriptedApi, scriptedApi } from './scripted-api.ts';
import { idOf } from './views.ts';

let db: TestDatabase;
let folder: string;
beforeAll(async () => {
  db = await createDatabase();
  folder = await mkdtemp(join(tmpdir(), 'sitrep-token-'));
});
afterAll(async () => {
  await db.drop();
  await rm(folder, { recursive: true });
});

let api: ScriptedApi | undefined;
afterEach(() => api?.close());

async function against(script: Answer[], args: string[]) {
  api = await scriptedApi(...script);
  return sitrep(args, { url: api.url });
}

const TOKEN = {
  id: idOf(1),
  name: 'gateway',
  role: 'reporter',
  timeCreated: '2026-11-20T08:10:28.000001Z',
  timeExpires: null,
  timeLastUsed: null,
};
const SECRET = newToken();

describe('sitrep tokens', () => {
  test('create shows the token, and what it is for', async () => {
    const made = json(201, { ...TOKEN, timeExpires: '2027-02-18T08:10:28.000001Z', token: SECRET });
    const { code, out } = await against(
      [made],
      ['tokens', 'create', 'gateway', '--role', 'reporter', '--expires-in', '90d'],
    );
    expect(code).toBe(0);
    expect(out).toContain(`\n  ${SECRET}\n`);
    expect(out).toMatch(/gateway has the role reporter, and is taken until 2027-02-18 08:10:28 UTC/);
    const body = { name: 'gateway', role: 'reporter', expiresInSeconds: 90 * 86_400 };
    expect(api?.received).toMatchObject([{ method: 'POST', path: '/v1/tokens', body }]);
  });

  test('list says when each was used, and which has expired', async () => {
    const items = [
      { ...TOKEN, timeLastUsed: new Date(Date.now() - 5_000).toISOString() },
      { ...TOKEN, id: idOf(2), name: 'ci', timeExpires: '2020-01-01T00:00:00.000000Z' },
    ];
    const { out } = await against([json(200, { items, nextCursor: null })], ['tokens', 'list']);
    expect(out).toMatch(/gateway +reporter .* ago +never/);
    expect(out).toMatch(/ci +reporter .* never +expired/);
    expect((await against([json(200, { items: [], nextCursor: null })], ['tokens', 'list'])).out).toBe(
      'No tokens yet.\n',
    );
  });

  test('revoke takes a name or an id', async () => {
    const gone: Answer = (_, __, response) => response.writeHead(204).end();
    const named = await against(
      [json(200, { items: [TOKEN], nextCursor: null }), gone],
      ['tokens', 'revoke', 'gateway'],
    );
    expect(named).toMatchObject({ code: 0, out: expect.stringContaining('gateway is revoked') });
    expect(api?.received).toMatchObject([
      { method: 'GET', query: { name: 'gateway' } },
      { method: 'DELETE', path: `/v1/tokens/${idOf(1)}` },
    ]);
    expect(await against([gone], ['tokens', 'revoke', idOf(1)])).toMatchObject({ code: 0 });
    const none = await against([json(200, { items: [], nextCursor: null })], ['tokens', 'revoke', 'who']);
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining('sitrep tokens list') });
  });

  test.each([
    [['create', 'x'], /--role/],
    [['create', 'x', '--role', 'root'], /Allowed choices are viewer, reporter, operator, admin/],
    [['create', 'x', '--role', 'viewer', '--expires-in', 'soon'], /must be a duration/],
    [['create', 'Ada', '--role', 'admin', '--direct'], /name must be lower-case letters/],
    [['revoke', newToken()], /this is a token itself/],
  ])('%j ends with 2', async (args, words) => {
    const { code, err } = await sitrep(['tokens', ...args], { env: { DATABASE_URL: db.url } });
    expect(code).toBe(2);
    expect(err).toMatch(words);
  });
});

describe('the first token', () => {
  const create = (...args: string[]) => ['tokens', 'create', ...args, '--role', 'admin', '--direct'];

  test('is made in the database itself, and on record', async () => {
    const env = { DATABASE_URL: db.url };
    const { code, out } = await sitrep([...create('ada'), '-o', 'json'], { env });
    expect(code).toBe(0);
    const { id, token } = JSON.parse(out);
    expect(await findHolder(db.pool, tokenHash(token))).toMatchObject({ id, role: 'admin' });
    const { items } = await listAudit(db.pool, { limit: 1 });
    expect(items).toMatchObject([{ actor: '(database)', tokenId: null, action: 'token.created', thing: id }]);
    const again = await sitrep(create('ada'), { env });
    expect(again).toMatchObject({ code: 1, out: '' });
    expect(again.err).toMatch(/Another token has this name/);
  });

  test('and each other one is listed and revoked there too, as after a restore', async () => {
    const env = { DATABASE_URL: db.url };
    const made = JSON.parse((await sitrep([...create('mallory'), '-o', 'json'], { env })).out);
    const listed = JSON.parse((await sitrep(['tokens', 'list', '--direct', '-o', 'json'], { env })).out);
    expect(listed.items[0]).toMatchObject({ id: made.id, name: 'mallory' });
    expect(JSON.stringify(listed)).not.toContain(made.token);
    expect(await sitrep(['tokens', 'revoke', 'mallory', '--direct'], { env })).toMatchObject({ code: 0 });
    expect(await findHolder(db.pool, tokenHash(made.token))).toBeNull();
    const { items } = await listAudit(db.pool, { limit: 1 });
    expect(items).toMatchObject([{ actor: '(database)', action: 'token.revoked', thing: made.id }]);
    for (const ref of ['mallory', made.id]) {
      const again = await sitrep(['tokens', 'revoke', ref, '--direct'], { env });
      expect(again).toMatchObject({ code: 1, err: expect.stringContaining('sitrep tokens list') });
    }
  });

  test('needs the database, and says so', async () => {
    expect((await sitrep(create('eve'))).err).toMatch(/DATABASE_URL is not set/);
    const env = { DATABASE_URL: 'postgres://127.0.0.1:1/none' };
    expect((await sitrep(create('eve'), { env })).err).toMatch(/The database cannot be used/);
    const empty = { DATABASE_URL: inject('postgresUrl') };
    expect((await sitrep(create('eve'), { env: empty })).err).toMatch(/Run `sitrep migrate`/);
  });
});

describe('the token of a local stack', () => {
  const settings = (env: Record<string, string> = {}) => readSettings({ SITREP_DATA_DIR: folder, ...env });
  const holder = async () => findHolder(db.pool, tokenHash(tokenOf(settings()) ?? ''));

  test('is made once, for its owner only, and is taken', async () => {
    expect(tokenOf(settings())).toBeNull();
    const file = await keepOwnToken(folder, db.pool);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await holder()).toMatchObject({ role: 'admin', secondsLeft: null });
    const token = tokenOf(settings());
    await keepOwnToken(folder, db.pool);
    expect(tokenOf(settings())).toBe(token);
  });

  test('that was revoked is not brought back: another one is made', async () => {
    const before = await holder();
    await revokeToken(db.pool, before?.id ?? '', DATABASE_OWNER);
    expect(await holder()).toBeNull();
    const file = await keepOwnToken(folder, db.pool);
    const after = await holder();
    expect(after?.name).toMatch(/^local-/);
    expect(after?.id).not.toBe(before?.id);
    await writeFile(file, 'what somebody wrote over it', { mode: 0o644 });
    await keepOwnToken(folder, db.pool);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'utf8')).startsWith('sitrep_')).toBe(true);
    const { items } = await listTokens(db.pool, { limit: 10 });
    expect(items.filter(({ name }) => name.startsWith('local-'))).toHaveLength(2);
  });

  test('is shown to this machine only, and one that is set wins', async () => {
    await keepOwnToken(folder, db.pool);
    const own = tokenOf(settings());
    expect(own).not.toBeNull();
    for (const url of ['http://localhost:7480', 'http://127.0.0.1:1', 'http://[::1]:7480']) {
      expect(tokenOf(settings({ SITREP_URL: url })), url).toBe(own);
    }
    for (const url of ['https://sitrep.example.org', 'http://10.0.0.1:7480', 'http://localhost.example']) {
      expect(tokenOf(settings({ SITREP_URL: url })), url).toBeNull();
    }
    const set = { SITREP_TOKEN: `${SECRET}\n` };
    expect(tokenOf(settings({ ...set, SITREP_URL: 'https://sitrep.example.org' }))).toBe(SECRET);
  });
});

test('what is set is shown to the API; what is refused says what to do', async () => {
  const shown: (string | undefined)[] = [];
  api = await scriptedApi((received, request, response) => {
    shown.push(request.headers.authorization);
    problem('unauthenticated', 'Nothing is known of this token.')(received, request, response);
  });
  const env = { SITREP_TOKEN: SECRET };
  const { code, err } = await sitrep(['alerts', 'list'], { url: api.url, env });
  expect({ code, shown }).toEqual({ code: 1, shown: [`Bearer ${SECRET}`] });
  expect(err).toMatch(/^That takes a token\nNothing is known of this token\.\nSet SITREP_TOKEN to one that/);
  expect(err).not.toContain(SECRET);
});

describe('sitrep audit', () => {
  const entry = (fields: object) => ({
    id: idOf(1),
    timeCreated: '2026-11-20T08:10:28.000001Z',
    tokenId: idOf(2),
    actor: 'ada',
    action: 'receiver.changed',
    thing: idOf(3),
    before: null,
    after: null,
    ...fields,
  });

  test('says who did what to which thing, and what became of it', async () => {
    const items = [
      entry({ before: { name: 'watch', enabled: true }, after: { name: 'watch', enabled: false } }),
      entry({ action: 'receiver.deleted', before: { name: 'watch' } }),
      entry({ action: 'tend.run', thing: 'tend', actor: '(anybody)' }),
    ];
    const { code, out } = await against([json(200, { items, nextCursor: null })], ['audit']);
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[1]).toMatch(
      /^2026-11-20 08:10:28 UTC {2}ada +receiver\.changed +\S+ {2}enabled: true → false$/,
    );
    expect(lines[2]).toMatch(/receiver\.deleted +\S+ {2}name: watch$/);
    expect(lines[3]).toMatch(/\(anybody\) +tend\.run +tend$/);
  });

  test('asks for what was meant, and says when there is nothing', async () => {
    const none = [json(200, { items: [], nextCursor: null })];
    const asked = ['--actor', 'ada', '--action', 'alert.deleted', '--thing', idOf(3), '--since', '2h'];
    expect((await against(none, ['audit', ...asked])).out).toBe('Nothing of that kind was changed.\n');
    const since = expect.stringMatching(/^\d{4}-/);
    const query = { actor: 'ada', action: 'alert.deleted', thing: idOf(3), since, limit: '20' };
    expect(api?.received).toMatchObject([{ path: '/v1/audit', query }]);
    expect((await against(none, ['audit'])).out).toBe('Nothing was changed yet.\n');
  });
});
