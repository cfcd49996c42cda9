import fc from 'fast-check';
import type pg from 'pg';
import { to } from 'pg-copy-streams';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatEna } from '../../src/model/ena.ts';
import { Rows } from '../../src/store/copy-out.ts';
import { JsonBuffer } from '../../src/store/json-buffer.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

interface Values {
  id: string | null;
  ena: string;
  number: number;
  text: string;
  json: unknown;
}

/** All that Postgres can hold: no NUL, and no half of a pair of surrogates. */
const anyText = fc
  .oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'"\\\n\t\u0001\u001f€🙂 ') }))
  .filter((value) => value.isWellFormed() && !value.includes('\0'));
/** Those too whose last digits of base 10,000 are zeros, which the format leaves out. */
const anyEna = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 1844n }), fc.nat({ max: 4 }))
    .map(([n, power]) => n * 10_000n ** BigInt(power)),
);
const anyValues: fc.Arbitrary<Values> = fc.record({
  id: fc.option(fc.uuid()),
  ena: anyEna.map(String),
  number: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  text: anyText,
  // No names with a backslash: once V8 has met one, it may take an escaped name for it (nodejs/node#63785).
  json: fc.option(
    fc.dictionary(
      anyText.filter((name) => !name.includes('\\')),
      anyText,
    ),
  ),
});

let db: TestDatabase;
let client: pg.PoolClient;
beforeAll(async () => {
  db = await createDatabase();
  client = await db.pool.connect();
});
afterAll(async () => {
  client.release();
  await db.drop();
});

test('what Postgres writes is read again, in whatever pieces it comes, as values and as JSON', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyValues), fc.integer({ min: 1, max: 400 }), async (sent, pieceBytes) => {
      const bytes = await copied(sent);
      const rows = new Rows();
      const json = new JsonBuffer(1);
      const values: Values[] = [];
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        rows.add(bytes.subarray(at, at + pieceBytes));
        while (rows.next()) {
          json.ascii(values.length > 0 ? ',{"id":' : '{"id":');
          values.push(valuesOf(rows));
          json.uuid(rows, 0);
          json.ascii(`,"ena":"${rows.ena(1)}","number":${rows.int4(2)},"text":`);
          json.string(rows, 3);
          json.ascii(',"json":');
          json.json(rows, 4);
          json.ascii('}');
        }
      }
      const expected = sent.map((one) => ({ ...one, ena: formatEna(BigInt(one.ena)) }));
      expect(values).toEqual(expected);
      expect(JSON.parse(`[${json.take()}]`)).toEqual(expected);
    }),
  );
});

function valuesOf(row: Rows): Values {
  const id = row.isNull(0) ? null : row.uuid(0);
  return { id, ena: row.ena(1), number: row.int4(2), text: row.text(3), json: row.json(4) };
}

async function copied(sent: Values[]): Promise<Buffer> {
  const query = `
    SELECT (one ->> 'id')::uuid, (one ->> 'ena')::numeric, (one ->> 'number')::integer, one ->> 'text',
           nullif(one -> 'json', 'null')
      FROM jsonb_array_elements(${client.escapeLiteral(JSON.stringify(sent))}) AS one`;
  const pieces: Buffer[] = [];
  for await (const piece of client.query(to(`COPY (${query}) TO STDOUT (FORMAT binary)`))) pieces.push(piece);
  return Buffer.concat(pieces);
}
