import { Client } from '@temporalio/client';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { createActivities } from '../../src/activities/index.ts';
import type { Refusal, SitrepState } from '../../src/model/lifecycle.ts';
import { SEARCH_ATTRIBUTES } from '../../src/model/search-attributes.ts';
import { readSettings } from '../../src/model/settings.ts';
import { createPool } from '../../src/store/pool.ts';
import '../support/temporal.ts';
import { type History, readHistory, recordedNames } from './histories.ts';
import { PATHS } from './paths.ts';
import { replay } from './replays.ts';

// What is red here breaks lifecycles that are open: docs/changing-workflows.md says what to do.

const NAMES = await recordedNames();

describe('[I30] the present code replays what was recorded of', () => {
  let faults: Awaited<ReturnType<typeof replay>>;
  beforeAll(async () => {
    faults = await replay(inject('workflowBundle'), NAMES);
  });
  test.each(NAMES)('%s', (name) => {
    expect(faults.get(name)).toBeUndefined();
  });
});

describe('recorded is', () => {
  let events: NonNullable<History['events']>;
  beforeAll(async () => {
    const histories = await Promise.all(NAMES.map(readHistory));
    events = histories.flatMap((history) => history.events ?? []);
  });

  test('every path; if one is missing: npm run record', () => {
    // Those of released versions have a folder each, and stay when a path is no more.
    const present = NAMES.filter((name) => !name.includes('/'));
    expect(present).toEqual(Object.keys(PATHS).sort());
  });

  test('every activity', async () => {
    const pool = createPool(inject('postgresUrl'));
    const activities = createActivities({ pool, client: new Client(), settings: readSettings({}) });
    await pool.end();
    const recorded = events.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
    expect(Object.keys(activities).filter((name) => !recorded.includes(name))).toEqual([]);
  });

  test('every state', () => {
    const recorded = events.map((event) => {
      const shown = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields;
      const data = shown?.[SEARCH_ATTRIBUTES.state.name]?.data;
      return data && JSON.parse(Buffer.from(data).toString());
    });
    expect(Object.keys(STATES).filter((state) => !recorded.includes(state))).toEqual([]);
  });

  test('every refusal', () => {
    const recorded = events.map(
      (event) => event.workflowExecutionFailedEventAttributes?.failure?.applicationFailureInfo?.type,
    );
    expect(Object.keys(REFUSALS).filter((kind) => !recorded.includes(kind))).toEqual([]);
  });
});

// As keys, so that the type check finds one that is missing here.
const STATES: Record<SitrepState, true> = {
  submitted: true,
  inserted: true,
  current: true,
  superseded: true,
  released: true,
  orphaned: true,
  collected: true,
  refused: true,
};
const REFUSALS: Record<Refusal['kind'], true> = {
  sitrepIdReused: true,
  parentNotCurrent: true,
  requestIdUsed: true,
  invalid: true,
  submissionGone: true,
  sitrepGone: true,
};
