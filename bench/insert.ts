import type pg from 'pg';
import type { Fault } from '../src/model/fault.ts';
import { readJson } from '../src/model/json.ts';
import { newRequestFaults } from '../src/model/new-request-faults.ts';
import type { SitrepDocument } from '../src/model/sitrep.ts';
import { insertDocument } from '../src/store/sitrep-insert.ts';
import { submit } from '../src/store/submission.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { commit, insert } from './commit.ts';
import { withDatabase } from './database.ts';
import { childOf, documentOf, sizeOfD, submissionOf } from './document.ts';
import { interleave } from './interleave.ts';
import { comparison, figure } from './row.ts';
import { CHILD_TABLES, copyBarely, encodeChildren } from './text-copy.ts';

export const insertCase: BenchCase = {
  name: 'insert',
  title: 'writing document D, from the parsed document to the commit',
  async run(ground) {
    return [...(await asFirst(ground)), ...(await asChild(ground)), ...(await parsing(ground))];
  },
};

function asFirst({ postgresUrl, scale }: Ground): Promise<Row[]> {
  return withDatabase(postgresUrl, 'insert', async ({ pool }) => {
    const document = documentOf(sizeOfD(scale), null);
    return [await measure(pool, document, 'as a first sitrep', 1.1, scale.rounds(7))];
  });
}

function asChild({ postgresUrl, scale }: Ground): Promise<Row[]> {
  return withDatabase(postgresUrl, 'insert', async ({ pool }) => {
    const parent = documentOf(sizeOfD(scale), null);
    await commit(pool, parent);
    const child = childOf(parent);
    return [await measure(pool, child, 'as a child that carries all of it', 1.4, scale.rounds(7))];
  });
}

/** Each sample writes the same sitrep, after all traces of the one before have been removed. */
async function measure(
  pool: pg.Pool,
  document: SitrepDocument,
  what: string,
  atMost: number,
  rounds: number,
): Promise<Row> {
  const submission = submissionOf(document);
  await insert(pool, document);
  const tables = await encodeChildren(pool, document.id);
  const prepare = async () => {
    await clear(pool, document.id);
    await submit(pool, submission);
  };
  const { ours, bare } = await interleave(rounds, {
    ours: { prepare, run: () => insertDocument(pool, submission.document, submission.digest) },
    bare: { prepare, run: () => copyBarely(pool, tables) },
  });
  return comparison(
    { what, samples: ours },
    { what: 'text COPY of the same rows, encoded beforehand', samples: bare },
    { atMost },
  );
}

async function clear(pool: pg.Pool, sitrepId: string): Promise<void> {
  for (const table of CHILD_TABLES) await pool.query(`DELETE FROM ${table} WHERE sitrep_id = $1`, [sitrepId]);
  await pool.query('DELETE FROM fm_sitrep WHERE id = $1', [sitrepId]);
  await pool.query('DELETE FROM sitrep_submission');
  await pool.query(`VACUUM ${CHILD_TABLES.join(', ')}, fm_sitrep, sitrep_submission`);
}

function validated(document: SitrepDocument): Fault[] {
  return newRequestFaults(submissionOf(document).input.cases, () => false);
}

async function parsing({ scale }: Ground): Promise<Row[]> {
  const body = Buffer.from(JSON.stringify(documentOf(sizeOfD(scale), null)));
  const { parse, validate } = await interleave(scale.rounds(5), {
    parse: { run: async () => readJson(body) },
    validate: { run: async () => validated(JSON.parse(body.toString())) },
  });
  const size = `${(body.length / 1024 / 1024).toFixed(1)} MiB of JSON`;
  return [
    figure({ what: `beside it: reading ${size}`, samples: parse }, null),
    figure({ what: 'beside it: JSON.parse, validation, canonical form and digest', samples: validate }, null),
  ];
}
