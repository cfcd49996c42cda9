import { stopSignal } from '../src/cli/stop-signal.ts';
import { workflowLink } from '../src/cli/workflow-link.ts';
import { ANALYSIS } from '../src/model/analysis-workflow.ts';
import { workflowIdOf } from '../src/model/lifecycle.ts';
import { gatherAudience } from './demo/audience.ts';
import { insertion, reason, removal, repetition } from './demo/by-diagnosis.ts';
import { deletion, resubmission, rivals } from './demo/by-hand.ts';
import { expectAnalysis } from './demo/diagnosis.ts';
import { castOfThisRun } from './demo/documents.ts';
import { hearing } from './demo/hearing.ts';
import type { Scene } from './demo/scene.ts';
import { openStack } from './demo/stack.ts';
import { Story } from './demo/story.ts';

// The main job of Sitrep on real ereports, told as a story that checks itself. `npm run demo` runs it: on the
// Sitrep that runs, as often as you like, or on a temporary one.
// A Ctrl-C breaks it off at the next chapter, and what was started for it is cleaned up; so a second one waits as well.
const story = new Story(stopSignal(() => {}));
const begun = Date.now();
try {
  const stack = await openStack((line) => story.say(line));
  try {
    await expectAnalysis(stack.client);
    const audience = await gatherAudience(stack.client, (line) => story.say(line));
    const scene = { client: stack.client, story, audience, cast: await castOfThisRun() };
    const lives = await tell(scene).finally(() => audience.leave());
    story.chapter('Each sitrep has its own life story in Temporal, and so has the analysis');
    for (const [name, workflowId] of Object.entries(lives)) {
      story.say(`  ${name.padEnd(8)}  ${workflowLink(stack.info, workflowId)}`);
    }
    if (stack.isTemporary) {
      story.say('', 'These pages end with the temporary Sitrep. To read them, run `npm start`, and the');
      story.say('demo beside it.');
    }
  } finally {
    await stack.close();
  }
  story.say('', `It took ${((Date.now() - begun) / 1000).toFixed(1)} s.`);
  if (!story.end()) process.exitCode = 1;
} catch (error) {
  story.say('', story.style.paint('red', `The demo broke off: ${(error as Error).message}`));
  process.exitCode = 1;
}

/** The chapters; answers with the workflows that did what is told in them. */
async function tell(scene: Scene): Promise<Record<string, string>> {
  const removed = await removal(scene);
  await reason(scene, removed);
  await repetition(scene, removed);
  await deletion(scene, removed);
  const [winner, orphan] = await rivals(scene, removed);
  await resubmission(scene, winner);
  const inserted = await insertion(scene, removed);
  await hearing(scene, [removed, inserted], [winner, orphan]);
  return {
    removed: workflowIdOf(removed.sitrepId),
    winner: workflowIdOf(winner.document.id),
    orphan: workflowIdOf(orphan.document.id),
    inserted: workflowIdOf(inserted.sitrepId),
    analysis: ANALYSIS,
  };
}
