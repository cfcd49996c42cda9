import { workflowLink } from '../src/cli/workflow-link.ts';
import { workflowIdOf } from '../src/model/lifecycle.ts';
import { deletion, removal, repetition, rivals } from './demo/chapters.ts';
import { castOfThisRun, type Document } from './demo/documents.ts';
import { openStack } from './demo/stack.ts';
import { Story } from './demo/story.ts';

// The main job of Sitrep on real ereports, told as a story that checks itself. `npm run demo` runs it: on the
// Sitrep that runs, as often as you like, or on a temporary one.
const story = new Story();
const begun = Date.now();
try {
  const stack = await openStack((line) => story.say(line));
  try {
    const scene = { client: stack.client, story, cast: await castOfThisRun() };
    const first = await removal(scene);
    const [winner, loser] = (await rivals(scene)) as [Document, Document];
    await repetition(scene, first);
    const last = await deletion(scene, winner);
    story.chapter('Each sitrep has its own life story in Temporal');
    const lives = [
      ['first', first],
      ['winner', winner],
      ['orphan', loser],
      ['last', last],
    ] as const;
    for (const [name, { id }] of lives) {
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
