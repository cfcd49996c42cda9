import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/model/id.ts';
import { writeEreports } from '../../src/store/ereport.ts';
import { listEreports, readEreport } from '../../src/store/ereport-read.ts';
import { holding, untilBlocked } from '../support/blocked.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { anEreport, ereportsOf, type SentEreport, taken } from '../support/ereports.ts';
import { checkInvariants } from '../support/invariants.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createDatabase();
});
afterEach(async () => {
  try {
    await checkInvariants(db.pool);
  } finally {
    await db.pool.query('TRUNCATE ereport, ereporter_restart');
  }
});
afterAll(() => db.drop());

const write = async (...sent: SentEreport[]) => (await writeEreports(db.pool, sent.map(taken))).written;
const read = (sent: SentEreport) => readEreport(db.pool, taken(sent));
async function restarts() {
  const { rows } = await db.pool.query(
    `SELECT reporter->>'source' AS source, restart_id AS id, time_first_seen AS first, time_latest_ereport AS latest
       FROM ereporter_restart ORDER BY reporter, time_first_seen`,
  );
  return rows;
}
async function keys() {
  const { items } = await listEreports(db.pool, { limit: 1_000_000 });
  return items.map(({ restartId, ena }) => `${restartId} ${ena}`).sort();
}
/** More than one statement takes. */
const MANY = 2_500;

describe('what is written', () => {
  test('is read as it was, to the last bit', async () => {
    const body = { k: 'hw.x', deep: [{ a: [1.5, null, '☃', { '"\\': '{,}' }] }] };
    const sent = anEreport({ ena: '18446744073709551615', partNumber: 'a "b" \\c', body });
    expect(await write(sent)).toBe(1);
    expect(await read(sent)).toEqual({
      ...taken(sent),
      serialNumber: null,
      timeCollected: '2026-11-20T08:10:27.512000Z',
      markedSeenIn: null,
      setAside: null,
    });
  });

  test('is read as it was, also beside others that say more and less, and whatever its ENA', async () => {
    const restartId = newId();
    const batch = ['0', '1', '9999', '10000', '100000000', '18446744073709551615'].map((ena, nth) =>
      anEreport({
        restartId,
        ena,
        serialNumber: nth % 2 === 0 ? null : `S${nth}`,
        body: { k: 'hw.x', said: '☃'.repeat(nth * 900) },
      }),
    );
    expect(await write(...batch)).toBe(batch.length);
    for (const sent of batch)
      expect(await read(sent)).toMatchObject({ ...taken(sent), timeCollected: expect.anything() });
  });

  test('was collected when it came, unless it says when', async () => {
    const sent = anEreport({ timeCollected: null });
    const { rows } = await db.pool.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
    await write(sent);
    const collected = Date.parse((await read(sent))?.timeCollected ?? '');
    expect(collected).toBeGreaterThanOrEqual(Math.floor(Date.parse(rows[0]?.now ?? '')));
  });

  test('was collected when it came, also if it says a time that lies ahead; so was its restart last heard of', async () => {
    const sent = anEreport({ timeCollected: '9999-01-01T00:00:00Z' });
    await write(sent);
    const { rows } = await db.pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    const now = rows[0]?.now.getTime();
    expect(Date.parse((await read(sent))?.timeCollected ?? '')).toBeLessThanOrEqual(now ?? 0);
    expect((await restarts())[0]?.latest.getTime()).toBeLessThanOrEqual(now ?? 0);
  });

  test('is not found under another restart or ENA', async () => {
    const sent = anEreport();
    await write(sent);
    expect(await read({ ...sent, ena: '0x2' })).toBeNull();
    expect(await read({ ...sent, restartId: newId() })).toBeNull();
  });
});

describe('[I41] an ereport is there once,', () => {
  test('however often it is sent, as it came first', async () => {
    const sent = anEreport();
    expect(await write(sent)).toBe(1);
    const before = await read(sent);
    expect(await write({ ...sent, body: { k: 'other' }, timeCollected: '2027-01-01T00:00:00Z' })).toBe(0);
    expect(await read(sent)).toEqual(before);
  });

  test('and of two in one batch the first one counts', async () => {
    const [first, second] = ereportsOf(newId(), 2);
    const again = { ...first, body: { k: 'again' } } as SentEreport;
    expect(await write(second as SentEreport, first as SentEreport, again)).toBe(2);
    expect(await read(again)).toMatchObject({ class: 'test.happened' });
  });

  test('also when it is sent many times at once', async () => {
    const sent = ereportsOf(newId(), 500);
    const written = await Promise.all(Array.from({ length: 8 }, () => write(...sent)));
    expect(written.reduce((sum, count) => sum + count)).toBe(500);
    expect(await keys()).toHaveLength(500);
  });

  test('also in batches that overlap in opposite orders, none of which fails', async () => {
    const ids = [newId(), newId(), newId()];
    const sent = ids.flatMap((id) => ereportsOf(id, MANY));
    const batches = [sent, sent.toReversed(), sent.slice(1_000), sent.slice(0, -1_000).toReversed()];
    const written = await Promise.all(batches.map((batch) => write(...batch)));
    expect(written.reduce((sum, count) => sum + count)).toBe(sent.length);
  }, 60_000);

  test('and while a batch waits for another to write an ereport, that one does not wait for it', async () => {
    const sent = ereportsOf(newId(), MANY);
    const last = sent.at(-1) as SentEreport;
    const row = `'{"type":"source","source":"test"}', '${last.restartId}'`;
    const ereport = `INSERT INTO ereport (reporter, restart_id, ena, body, time_collected)
                     VALUES (${row}, ${last.ena}, '{}', '${last.timeCollected}')`;
    const restart = `INSERT INTO ereporter_restart VALUES (${row}, '${last.timeCollected}', '${last.timeCollected}')`;
    const waiting = await holding(db.pool, [ereport], async (client) => {
      const writing = write(...sent);
      await untilBlocked(db.pool);
      await client.query(restart);
      return { writing };
    });
    expect(await waiting.writing).toBe(MANY - 1);
  }, 60_000);

  test('and who brings what another is just writing waits to hear whether it came', async () => {
    const sent = anEreport();
    const { restartId } = sent;
    const insert = `INSERT INTO ereport (restart_id, ena, reporter, body, time_collected)
                    VALUES ('${restartId}', 1, '{}', '{}', now())`;
    const late = await holding(db.pool, [insert], async (client) => {
      const writing = write(sent);
      await untilBlocked(db.pool);
      await client.query('DELETE FROM ereport WHERE restart_id = $1', [restartId]);
      return { writing };
    });
    expect(await late.writing).toBe(1);
  });
});

test('[I41] a batch is written whole or not at all', async () => {
  const sent = ereportsOf(newId(), MANY).map(taken);
  // Such a text gets past no schema; it makes the second statement fail.
  const broken = sent.with(-1, { ...(sent.at(-1) as (typeof sent)[number]), class: 'a\u0000' });
  await expect(writeEreports(db.pool, broken)).rejects.toThrow();
  expect(await keys()).toEqual([]);
  expect(await restarts()).toEqual([]);
  expect(await writeEreports(db.pool, sent)).toEqual({ written: MANY });
});

test('nothing is written of nothing', async () => {
  expect(await write()).toBe(0);
});

describe('[I42] restarts of a reporter', () => {
  const day = (n: number) => `2026-11-${String(n).padStart(2, '0')}T00:00:00Z`;
  const at = (restartId: string, ena: string, n: number, source = 'a') =>
    anEreport({ restartId, ena, timeCollected: day(n), reporter: { type: 'source', source } });

  test('are known with their first and latest ereport, whatever the order in which these come', async () => {
    const [one, two] = [newId(), newId()];
    const sent = [at(one, '1', 3), at(one, '2', 5), at(one, '3', 4), at(two, '1', 7), at(two, '2', 6, 'b')];
    const expected = [
      { source: 'a', id: one, first: new Date(day(3)), latest: new Date(day(5)) },
      { source: 'a', id: two, first: new Date(day(7)), latest: new Date(day(7)) },
      { source: 'b', id: two, first: new Date(day(6)), latest: new Date(day(6)) },
    ];
    await write(...sent);
    expect(await restarts()).toEqual(expected);
    await db.pool.query('TRUNCATE ereport, ereporter_restart');
    for (const ereport of sent.toReversed()) await write(ereport);
    expect(await restarts()).toEqual(expected);
  });

  test('are not moved by an ereport that was known', async () => {
    const id = newId();
    await write(at(id, '1', 3));
    await write(at(id, '1', 9));
    expect(await restarts()).toMatchObject([{ first: new Date(day(3)), latest: new Date(day(3)) }]);
  });

  test('are right where many come at once', async () => {
    const ids = Array.from({ length: 20 }, newId);
    const batches = Array.from({ length: 8 }, (_, n) => ids.map((id) => at(id, String(n), n + 1)));
    await Promise.all(batches.map((batch, n) => write(...(n % 2 ? batch.toReversed() : batch))));
    expect(new Set((await restarts()).map(({ first, latest }) => `${+first} ${+latest}`))).toEqual(
      new Set([`${Date.parse(day(1))} ${Date.parse(day(8))}`]),
    );
  });
});

describe('the list', () => {
  const list = async (query: object = {}) => {
    const { items } = await listEreports(db.pool, { limit: 100, ...query });
    return items.map((one) => one.class);
  };
  async function fill() {
    const at = (n: number, fields: Partial<SentEreport>) =>
      anEreport({ timeCollected: `2026-11-0${n}T00:00:00Z`, ...fields });
    const seen = at(3, { class: 'hw.remove.psu', serialNumber: 'S2' });
    await write(
      at(1, { class: 'hw.insert.psu', serialNumber: 'S1' }),
      at(2, { class: 'hw.insert.fan.tray', serialNumber: 'S1' }),
      seen,
      at(4, { class: 'sw.panic' }),
      at(5, { body: {} }),
    );
    await db.pool.query('UPDATE ereport SET marked_seen_in = $1 WHERE restart_id = $2', [
      newId(),
      seen.restartId,
    ]);
  }

  test.each<[object, (string | null)[]]>([
    [{}, [null, 'sw.panic', 'hw.remove.psu', 'hw.insert.fan.tray', 'hw.insert.psu']],
    [{ class: 'hw.insert.psu' }, ['hw.insert.psu']],
    [{ class: 'hw.*.psu' }, ['hw.remove.psu', 'hw.insert.psu']],
    [{ class: 'hw.**' }, ['hw.remove.psu', 'hw.insert.fan.tray', 'hw.insert.psu']],
    [{ class: '**' }, ['sw.panic', 'hw.remove.psu', 'hw.insert.fan.tray', 'hw.insert.psu']],
    [{ serial: 'S1' }, ['hw.insert.fan.tray', 'hw.insert.psu']],
    [{ since: '2026-11-04T00:00:00.000Z' }, [null, 'sw.panic']],
    [{ until: '2026-11-02T00:00:00.000Z' }, ['hw.insert.psu']],
    [
      { since: '2026-11-02T00:00:00.000Z', until: '2026-11-04T00:00:00.000Z', seen: false },
      ['hw.insert.fan.tray'],
    ],
    [{ seen: true }, ['hw.remove.psu']],
    [{ seen: false, class: 'hw.**' }, ['hw.insert.fan.tray', 'hw.insert.psu']],
    [{ class: 'x' }, []],
  ])('filtered by %j', async (query, classes) => {
    await fill();
    expect(await list(query)).toEqual(classes);
  });

  test('has each once, in pages of any size, also where many have one time', async () => {
    const ids = [newId(), newId()];
    const enas = ['0x1', '0x8000000000000000', '0xffffffffffffffff'];
    const sent = ids.flatMap((restartId) => enas.map((ena) => anEreport({ restartId, ena })));
    await write(...sent, anEreport({ timeCollected: '2026-11-20T08:10:27.5120001Z' }));
    const whole = (await listEreports(db.pool, { limit: 100 })).items;
    expect(whole).toHaveLength(7);
    for (const limit of [1, 2, 3, 6]) {
      const seen: unknown[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page = await listEreports(db.pool, { limit, ...(cursor === '' ? {} : { cursor }) });
        seen.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(whole);
    }
  });

  test('[I32] takes the longest glob', async () => {
    await write(anEreport({ class: `${'a.'.repeat(99)}bb` }));
    const class200 = Array.from({ length: 67 }, () => '**').join('.');
    expect(await list({ class: class200 })).toHaveLength(1);
    expect(await list({ class: `${class200.slice(0, -2)}no` })).toEqual([]);
  });
});
