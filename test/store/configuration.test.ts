import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Configuration, DEFAULT_CONFIGURATION } from '../../src/model/configuration.ts';
import {
  listConfigurations,
  readConfiguration,
  readConfigurationVersion,
  setConfiguration,
} from '../../src/store/configuration.ts';
import { BadCursor } from '../../src/store/cursor.ts';
import { holding, untilBlocked } from '../support/blocked.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { checkInvariants } from '../support/invariants.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createDatabase();
});
afterEach(async () => {
  await checkInvariants(db.pool);
  await db.drop();
});

const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const set = (expectedVersion: number, fields: Partial<Configuration>, author = 'karl', comment = '') =>
  setConfiguration(db.pool, {
    expectedVersion,
    author,
    comment,
    configuration: { ...DEFAULT_CONFIGURATION, ...fields },
  });
const write = (version: number, document: object) =>
  db.pool.query(
    `INSERT INTO configuration (version, document, author, comment) VALUES ($1, $2, 'karl', '')`,
    [version, JSON.stringify(document)],
  );
const count = async () => (await listConfigurations(db.pool, { limit: 1_000 })).items.length;
/** What another version of the code may have written. */
const FROM_THE_FUTURE = { ...DEFAULT_CONFIGURATION, keepVersions: 7, colour: 'blue' };

test('while none was set, the defaults are in force, as version 0', async () => {
  expect(await readConfiguration(db.pool)).toEqual({
    version: 0,
    author: null,
    comment: null,
    timeCreated: null,
    configuration: DEFAULT_CONFIGURATION,
    unreadable: null,
  });
  expect(await listConfigurations(db.pool, { limit: 10 })).toEqual({ items: [], nextCursor: null });
});

describe('what is set', () => {
  test('is in force, with who, when and why; those before it stay to be read', async () => {
    await set(0, { keepVersions: 100 }, 'karl', 'first');
    const outcome = await set(1, { keepVersions: 200 }, 'rosa', 'second');
    const view = await readConfiguration(db.pool);
    expect(outcome).toEqual({ kind: 'inForce', view });
    expect(view).toEqual({
      version: 2,
      author: 'rosa',
      comment: 'second',
      timeCreated: expect.stringMatching(MICROSECONDS),
      configuration: { ...DEFAULT_CONFIGURATION, keepVersions: 200 },
      unreadable: null,
    });
    expect(await readConfigurationVersion(db.pool, 1)).toMatchObject({
      author: 'karl',
      configuration: { keepVersions: 100 },
    });
    expect(await readConfigurationVersion(db.pool, 3)).toBeNull();
  });

  test('and says the same as what is in force makes no new version, whichever was expected', async () => {
    expect(await set(0, {})).toMatchObject({ kind: 'inForce', view: { version: 0 } });
    await set(0, { debounceMs: 1 }, 'karl');
    for (const expected of [0, 1, 17]) {
      expect(await set(expected, { debounceMs: 1 }, 'rosa')).toMatchObject({
        kind: 'inForce',
        view: { version: 1, author: 'karl' },
      });
    }
    expect(await count()).toBe(1);
  });

  test('says the same also where it was stored without a field that has its default', async () => {
    await write(1, { debounceMs: 1 });
    expect(await set(1, { debounceMs: 1 })).toMatchObject({ view: { version: 1 } });
  });

  test.each([0, 2, 999_999])(
    'on version %i, while 1 is the newest, is refused and changes nothing',
    async (expected) => {
      await set(0, { debounceMs: 1 });
      expect(await set(expected, { debounceMs: 2 })).toEqual({ kind: 'notNewest', newest: 1 });
      expect(await readConfiguration(db.pool)).toMatchObject({
        version: 1,
        configuration: { debounceMs: 1 },
      });
    },
  );

  test('by many at once is set by one of them; the others are told which is the newest', async () => {
    const writers = Array.from({ length: 8 }, (_, n) => n);
    const outcomes = await holding(
      db.pool,
      ['LOCK TABLE configuration IN SHARE ROW EXCLUSIVE MODE'],
      async () => {
        const all = writers.map((n) => set(0, { debounceMs: n }));
        await untilBlocked(db.pool, writers.length);
        return all;
      },
    ).then((all) => Promise.all(all));
    expect(outcomes.filter(({ kind }) => kind === 'inForce')).toHaveLength(1);
    const lost = outcomes.filter(({ kind }) => kind === 'notNewest');
    expect(lost).toEqual(Array.from({ length: 7 }, () => ({ kind: 'notNewest', newest: 1 })));
    expect(await count()).toBe(1);
  });

  test('by two at once, and the same, is one version, and both are told of it', async () => {
    const outcomes = await holding(
      db.pool,
      ['LOCK TABLE configuration IN SHARE ROW EXCLUSIVE MODE'],
      async () => {
        const both = [set(0, { debounceMs: 9 }), set(0, { debounceMs: 9 })];
        await untilBlocked(db.pool, 2);
        return both;
      },
    ).then((both) => Promise.all(both));
    expect(outcomes).toMatchObject([{ view: { version: 1 } }, { view: { version: 1 } }]);
    expect(await count()).toBe(1);
  });

  test('is read on, while somebody sets and does not come to an end', async () => {
    await set(0, { debounceMs: 1 });
    const view = await holding(db.pool, ['LOCK TABLE configuration IN SHARE ROW EXCLUSIVE MODE'], () =>
      readConfiguration(db.pool),
    );
    expect(view.version).toBe(1);
  });
});

describe('a version that cannot be read', () => {
  test('leaves the last one that can be in force, and is named with what is wrong', async () => {
    await set(0, { keepVersions: 100 });
    await write(2, FROM_THE_FUTURE);
    await write(3, { ...FROM_THE_FUTURE, colour: 'red', keepVersions: 0 });
    expect(await readConfiguration(db.pool)).toMatchObject({
      version: 1,
      configuration: { keepVersions: 100 },
      unreadable: {
        version: 3,
        faults: [
          { pointer: '/keepVersions', detail: 'must be at least 1' },
          { pointer: '/colour', detail: 'is not a known field' },
        ],
      },
    });
  });

  test('leaves the defaults in force where there is no other', async () => {
    await write(1, FROM_THE_FUTURE);
    expect(await readConfiguration(db.pool)).toMatchObject({
      version: 0,
      configuration: DEFAULT_CONFIGURATION,
      unreadable: { version: 1 },
    });
  });

  test('is passed over with however many follow it', async () => {
    await set(0, { keepVersions: 100 });
    await db.pool.query(
      `INSERT INTO configuration (version, document, author, comment)
       SELECT n, $1, 'karl', '' FROM generate_series(2, 250) n`,
      [JSON.stringify(FROM_THE_FUTURE)],
    );
    expect(await readConfiguration(db.pool)).toMatchObject({ version: 1, unreadable: { version: 250 } });
  });

  test('is not set over unless it is named, not even by what is in force', async () => {
    await set(0, { keepVersions: 100 });
    await write(2, FROM_THE_FUTURE);
    for (const keepVersions of [100, 200]) {
      expect(await set(1, { keepVersions })).toEqual({ kind: 'notNewest', newest: 2 });
    }
    expect(await set(2, { keepVersions: 100 })).toMatchObject({
      kind: 'inForce',
      view: { version: 3, configuration: { keepVersions: 100 }, unreadable: null },
    });
  });
});

test.each([
  `UPDATE configuration SET author = 'nobody'`,
  'DELETE FROM configuration',
  'TRUNCATE configuration',
])('versions are never changed or deleted: %s', async (statement) => {
  await set(0, { debounceMs: 1 });
  await expect(db.pool.query(statement)).rejects.toThrow('never changed and never deleted');
  expect(await readConfiguration(db.pool)).toMatchObject({ version: 1, author: 'karl' });
});

describe('the list', () => {
  test('is newest first, in pages, each with what changed', async () => {
    await set(0, { keepVersions: 100, debounceMs: 1 });
    await set(1, { keepVersions: 100, debounceMs: 2 });
    await write(3, { keepVersions: 100, debounceMs: 2, colour: 'blue' });
    const first = await listConfigurations(db.pool, { limit: 2 });
    const second = await listConfigurations(db.pool, { limit: 2, cursor: first.nextCursor as string });
    expect(first.items.map(({ version }) => version)).toEqual([3, 2]);
    expect(second).toMatchObject({ items: [{ version: 1 }], nextCursor: null });
    expect([...first.items, ...second.items].map(({ changed }) => changed)).toEqual([
      ['analysisEnabled', 'analysisIntervalSeconds', 'colour', 'sitrepLimit', 'thresholdRules'],
      ['debounceMs'],
      ['debounceMs', 'keepVersions'],
    ]);
  });

  test.each(['', '0', '-1', '1.5', '٣', '1e3', '9999999999'])('ends nowhere at %j', async (cursor) => {
    await expect(listConfigurations(db.pool, { limit: 1, cursor })).rejects.toThrow(BadCursor);
  });
});
