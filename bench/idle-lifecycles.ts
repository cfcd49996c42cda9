import { Client, Connection } from '@temporalio/client';
import { currentSitrep } from '../src/store/sitrep-read.ts';
import { startLifecycle } from '../src/temporal/lifecycle-start.ts';
import type { BenchCase, Ground, Row } from './case.ts';
import { writeHistory } from './history.ts';
import { interleave, type Variant } from './interleave.ts';
import { resident } from './resident.ts';
import { comparison, figure } from './row.ts';
import { type Served, withServed } from './served.ts';
import { smallDocument, submit } from './submitter.ts';

const AT_ONCE = 16;
/** A lifecycle is opened while many others are, on a machine that may have much else to do. */
const DECIDED_WITHIN = 120_000;

export const idleLifecyclesCase: BenchCase = {
  name: 'idle-lifecycles',
  title: 'submissions while many lifecycles wait to be released',
  run: (ground) => withServed(ground, (many) => withServed(ground, (none) => measure(ground, many, none))),
};

async function measure({ scale }: Ground, many: Served, none: Served): Promise<Row[]> {
  const open = scale.rows(2000);
  for (const { database } of [many, none]) await writeHistory(database.pool, open);
  const submissions = { many: await submissionsTo(many), none: await submissionsTo(none) };
  // The first one loads what the others use.
  await submissions.many.run();
  const before = await resident(many.worker.pid);
  await openLifecycles(many, open);
  const taken = (await resident(many.worker.pid)) - before;
  const times = await interleave(scale.rounds(60), submissions);
  return [
    comparison(
      { what: `a submission with ${open.toLocaleString('en')} lifecycles open`, samples: times.many },
      { what: 'with none open', samples: times.none },
      { atMost: 1.2 },
    ),
    figure({ what: 'memory of the worker for them', samples: [taken] }, null, 'MiB'),
  ];
}

/** Submissions that follow each other. */
async function submissionsTo({ api, database }: Served): Promise<Variant> {
  const head = await currentSitrep(database.pool);
  let next = smallDocument(head?.id ?? null);
  return {
    async run() {
      await submit(api.url, next);
      next = smallDocument(next.id);
    },
  };
}

/** Opens the lifecycles of the first versions: superseded all of them, they have nothing to do but to wait. */
async function openLifecycles(
  { database, temporalAddress, namespace }: Served,
  versions: number,
): Promise<void> {
  const { rows } = await database.pool.query<{ id: string; digest: string }>(
    `SELECT s.id, encode(s.digest, 'hex') AS digest
       FROM fm_sitrep_history h JOIN fm_sitrep s ON s.id = h.sitrep_id WHERE h.version <= $1`,
    [versions],
  );
  const connection = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection, namespace });
  const waiting = rows.values();
  const openSome = async () => {
    for (const { id, digest } of waiting) {
      const start = { sitrepId: id, digest, parentId: null, creator: 'bench', summary: 'Waits.' };
      const outcome = await startLifecycle(client, start, DECIDED_WITHIN);
      if (outcome.kind !== 'decided') throw new Error(`A lifecycle was not opened: ${outcome.kind}.`);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, openSome));
  } finally {
    await connection.close();
  }
}
