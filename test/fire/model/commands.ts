import fc from 'fast-check';
import type { Submission } from '../../../src/model/submission.ts';
import { AFTER_WHAT_IS_MET, FROM_THE_START } from '../../../src/store/rendezvous.ts';
import { submissionOf } from '../../support/document.ts';
import { checkInvariants } from '../../support/invariants.ts';
import { anyDraft, type Draft, draw } from './draft.ts';
import { idOf } from './ids.ts';
import { LOOKS, type Look } from './look.ts';
import type { Operations } from './operations.ts';
import { compareTables } from './tables.ts';
import type { World } from './world.ts';

type Command = fc.AsyncCommand<World, Operations>;

/** The fewest versions that any command keeps. */
const LEAST_KEPT = 2;

/**
 * One command: its choices count among what the model holds when it runs (0 is the newest), so that any command makes
 * sense anywhere, and commands can be left out of a failing run one by one.
 */
function command<Choice>(
  name: string,
  choice: fc.Arbitrary<Choice>,
  act: (world: World, on: Operations, choice: Choice) => Promise<void>,
  makesSense: (world: World) => boolean = () => true,
): fc.Arbitrary<Command> {
  return choice.map((chosen) => ({
    check: (world) => makesSense(world),
    async run(world, on) {
      try {
        await act(world, on, chosen);
        await compareTables(world, on.pool);
        await checkInvariants(on.pool, { keep: LEAST_KEPT, digests: false });
      } catch (error) {
        throw new Error(`In the end of this story:\n  ${on.story.join('\n  ')}`, { cause: error });
      }
    },
    toString: () => `${name} ${JSON.stringify(chosen)}`,
  }));
}

const recent = fc.nat({ max: 15 });
const keep = fc.constantFrom(2000, 2000, 5, 3, LEAST_KEPT);
const chunkSize = fc.constantFrom(2000, 1, 2, 3);

const somethingWasSent = ({ sent }: World) => sent.length > 0;
const somethingIsStored = ({ sitreps }: World) => sitreps.size > 0;
const somethingWasCutOff = ({ cutOff }: World) => cutOff.length > 0;

/** Counted from the newest. */
function nthNewest<Item>(items: Iterable<Item>, number: number): Item {
  const all = [...items];
  const item = all[all.length - 1 - (number % all.length)];
  if (item === undefined) throw new Error('There is nothing to choose from.');
  return item;
}

interface Choice {
  below: 'head' | 'any' | 'nothing' | 'unknown';
  nth: number;
  draft: Draft;
}
const newDocument: fc.Arbitrary<Choice> = fc.record({
  below: fc.oneof(
    { weight: 12, arbitrary: fc.constant('head' as const) },
    { weight: 3, arbitrary: fc.constant('any' as const) },
    { weight: 1, arbitrary: fc.constantFrom('nothing' as const, 'unknown' as const) },
  ),
  nth: recent,
  draft: anyDraft,
});

/** A document of a new sitrep, which from now on may be sent again. */
function write(world: World, { below, nth, draft }: Choice) {
  const parentId = {
    head: () => world.head.sitrepId,
    any: () => (somethingIsStored(world) ? nthNewest(world.sitreps.keys(), nth) : null),
    nothing: () => null,
    unknown: () => idOf('sitrep', 1000),
  }[below]();
  const parent = parentId === null ? null : (world.sitreps.get(parentId) ?? null);
  const submission = submissionOf(draw(idOf('sitrep', world.sent.length + 1), parentId, parent, draft));
  world.sent.push(submission);
  return submission;
}

/**
 * The steps of a lifecycle, of which those after the first `steps` never come: it was terminated. So it may be in the
 * middle of its rendezvous, where the chunks are small.
 */
interface Life {
  steps: number;
  chunkSize: number;
}
const life: fc.Arbitrary<Life> = fc.record({ steps: fc.constantFrom(4, 4, 4, 3, 2, 1), chunkSize });

async function live(world: World, on: Operations, submission: Submission, { steps, chunkSize: size }: Life) {
  const submitted = await on.submit(world, submission);
  if (submitted.kind === 'refused' || steps < 2) return;
  const inserted = await on.insert(world, submission);
  if (inserted.kind === 'refused') return on.discard(world, submission);
  if (steps < 3) return;
  const made = await on.makeCurrent(world, submission, 2000);
  if (made.kind !== 'current' || !made.isHead || steps < 4) return;
  await on.rendezvous(world, submission.document.id, AFTER_WHAT_IS_MET, size, 1);
}

export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: command('live', fc.record({ document: newDocument, life }), (world, on, choice) =>
      live(world, on, write(world, choice.document), choice.life),
    ),
  },
  {
    weight: 3,
    arbitrary: command(
      'live again',
      fc.record({ nth: recent, life }),
      (world, on, choice) => live(world, on, nthNewest(world.sent, choice.nth), choice.life),
      somethingWasSent,
    ),
  },
  {
    weight: 2,
    arbitrary: command('submit', newDocument, async (world, on, choice) => {
      await on.submit(world, write(world, choice));
    }),
  },
  {
    weight: 1,
    arbitrary: command(
      'submit another under its id',
      fc.record({ nth: recent, draft: anyDraft }),
      async (world, on, { nth, draft }) => {
        const { id, parentId } = nthNewest(world.sent, nth).document;
        const parent = parentId === null ? null : (world.sitreps.get(parentId) ?? null);
        const another = submissionOf({ ...draw(id, parentId, parent, draft), creator: 'another' });
        world.sent.push(another);
        await on.submit(world, another);
      },
      somethingWasSent,
    ),
  },
  {
    weight: 2,
    arbitrary: command(
      'insert',
      recent,
      async (world, on, nth) => {
        await on.insert(world, nthNewest(world.sent, nth));
      },
      somethingWasSent,
    ),
  },
  {
    weight: 3,
    arbitrary: command(
      'make current',
      fc.record({ nth: recent, keep }),
      async (world, on, choice) => {
        await on.makeCurrent(world, nthNewest(world.sent, choice.nth), choice.keep);
      },
      somethingWasSent,
    ),
  },
  {
    weight: 4,
    arbitrary: command(
      'rendezvous',
      fc.record({
        nth: fc.oneof(fc.constant(null), recent),
        trusting: fc.boolean(),
        chunkSize,
        chunks: fc.integer({ min: 1, max: 4 }),
      }),
      async (world, on, { nth, trusting, chunkSize: size, chunks }) => {
        const id = nth === null ? world.head.sitrepId : nthNewest(world.sent, nth).document.id;
        const start = trusting ? AFTER_WHAT_IS_MET : FROM_THE_START;
        await on.rendezvous(world, id ?? idOf('sitrep', 1000), start, size, chunks);
      },
      somethingWasSent,
    ),
  },
  {
    weight: 3,
    arbitrary: command(
      'go on with a rendezvous',
      fc.record({ nth: recent, chunkSize }),
      async (world, on, choice) => {
        const { sitrepId, cursor } = nthNewest(world.cutOff, choice.nth);
        await on.rendezvous(world, sitrepId, cursor, choice.chunkSize, 2);
      },
      somethingWasCutOff,
    ),
  },
  {
    weight: 3,
    arbitrary: command('delete an alert', recent, async (world, on, nth) => {
      const id = world.alerts.size > 0 ? nthNewest(world.alerts.keys(), nth) : idOf('alert', 1000);
      await on.deleteAlert(world, id);
    }),
  },
  {
    weight: 1,
    arbitrary: command('prune', fc.record({ keep, limit: chunkSize }), (world, on, choice) =>
      on.prune(world, choice.keep, choice.limit),
    ),
  },
  {
    weight: 3,
    arbitrary: command(
      'delete sitreps',
      fc.uniqueArray(fc.record({ nth: recent, lifecycleOpen: fc.boolean() }), {
        selector: ({ nth }) => nth,
        minLength: 1,
        maxLength: 6,
      }),
      async (world, on, choices) => {
        const doomed = new Map(
          choices.map(({ nth, lifecycleOpen }) => [nthNewest(world.sent, nth).document.id, lifecycleOpen]),
        );
        await on.deleteSitreps(
          world,
          [...doomed].map(([id, lifecycleOpen]) => ({ id, lifecycleOpen })),
        );
      },
      somethingWasSent,
    ),
  },
  {
    weight: 2,
    arbitrary: command('collect markers', chunkSize, (world, on, size) => on.collectMarkers(world, size)),
  },
  {
    weight: 1,
    arbitrary: command('delete old submissions', chunkSize, (world, on, limit) =>
      on.deleteOldSubmissions(world, limit),
    ),
  },
  {
    weight: 3,
    arbitrary: command(
      'look at',
      fc.record({
        look: fc.constantFrom(...(Object.keys(LOOKS) as Look[])),
        nth: recent,
        number: fc.integer({ min: 1, max: 5 }),
      }),
      (world, on, { look, nth, number }) =>
        LOOKS[look](world, on, nthNewest(world.sent, nth).document.id, number),
      somethingWasSent,
    ),
  },
);
