import {
  type Client,
  type Connection,
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { TASK_QUEUE, TEND, TEND_SCHEDULE } from '../model/lifecycle.ts';
import { SEARCH_ATTRIBUTES } from '../model/search-attributes.ts';
import { wakeAnalysis } from '../temporal/wake-analysis.ts';

/** How often what went wrong unseen is looked for. */
const TEND_EVERY = '5 minutes';
/** A pass that hangs for longer is given up, so that the next one can begin. */
const TEND_TIMEOUT = '1 hour';
const REGISTRATION_TIMEOUT = 30_000;

/**
 * Makes a namespace ready for Sitrep: search attributes, the `tend` schedule and the analysis. Run again it changes
 * nothing, but for an analysis more.
 */
export async function prepareNamespace(
  connection: Connection,
  client: Client,
  namespace: string,
): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length > 0) await addSearchAttributes(connection, namespace, missing);
  await scheduleTend(client);
  await wakeAnalysis(client);
}

/** Those that lifecycles are found by, and that the namespace doesn't know. */
export async function missingSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<Attribute[]> {
  const { customAttributes } = await connection.withDeadline(Date.now() + REGISTRATION_TIMEOUT, () =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  return Object.values(SEARCH_ATTRIBUTES).filter(({ name }) => !(name in (customAttributes ?? {})));
}

/** `temporal.api.enums.v1.IndexedValueType` of the types that are in use. */
const VALUE_TYPE = { KEYWORD: 2, INT: 3 } as const;

type Attribute = (typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES];

/** Throws an error that tells by which command they are added, if whoever asks may not. */
export async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  attributes: Attribute[],
): Promise<void> {
  const searchAttributes = Object.fromEntries(attributes.map(({ name, type }) => [name, VALUE_TYPE[type]]));
  try {
    await connection.withDeadline(Date.now() + REGISTRATION_TIMEOUT, () =>
      connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
    );
  } catch (error) {
    throw new Error(notAdded(namespace, attributes, error as Error), { cause: error });
  }
}

/** Whoever may use a namespace may not always change it; in Temporal Cloud, no worker may. */
function notAdded(namespace: string, missing: Attribute[], { message }: Error): string {
  const types = missing.map(({ name, type }) => `${name} (${type === 'INT' ? 'Int' : 'Keyword'})`).join(', ');
  return `The namespace ${namespace} lacks the search attributes ${types}, and they could not be added: ${message}. Add them by \`temporal operator search-attribute create\`, or, in Temporal Cloud, by \`tcld namespace search-attributes add\`.`;
}

export async function scheduleTend(client: Client): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: TEND_SCHEDULE,
      spec: { intervals: [{ every: TEND_EVERY }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: TEND_EVERY },
      action: {
        type: 'startWorkflow',
        workflowType: TEND,
        workflowId: TEND,
        taskQueue: TASK_QUEUE,
        args: [{ dryRun: false }],
        workflowRunTimeout: TEND_TIMEOUT,
        staticSummary: 'Heals what crashes, lost signals and terminated lifecycles left behind',
      },
    });
  } catch (error) {
    // Another worker was first, or it is there since long, perhaps paused by an operator on purpose.
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
