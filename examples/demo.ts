import { stopSignal } from '../src/cli/stop-signal.ts';
import { workflowLink } from '../src/cli/workflow-link.ts';
import { workflowIdOf } from '../src/model/lifecycle.ts';
import { gatherAudience } from './demo/audience.ts';
import { deletion, hearing, removal, repetition, rivals, type Scene } from './demo/chapters.ts';
import { castOfThisRun, type Document } from './demo/documents.ts';
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
    const audience = await gatherAudience(stack.client, (line) => story.say(line));
    const scene = { client: stack.client, story, audience, cast: await castOfThisRun() };
    const lives = await tell(scene).finally(() => audience.leave());
    story.chapter('Each sitrep has its own life story in Temporal');
    for (const [name, { id }] of Object.entries(lives)) {
      story.say(`  ${name.padEnd(6)}  ${workflowLink(stack.info, workflowIdOf(id))}`);
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

/** The chapters; answers with the sitreps that were made in them. */
async function tell(scene: Scene): Promise<Record<string, Document>> {
  const first = await removal(scene);
  const [winner, orphan] = await rivals(scene);
  await repetition(scene, first);
  const last = await deletion(scene, winner);
  await hearing(scene, winner, orphan);
  return { first, winner, orphan, last };
}
