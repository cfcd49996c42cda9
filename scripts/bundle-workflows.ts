import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '../src/worker/bundle.ts';

// Part of `npm run build`: puts the workflows beside the JavaScript that is made of the sources, as one script, and as
// one more for workers that trace, where workers of the package look for them.

await bundleWorkflows(fileURLToPath(new URL('../dist/workflow-bundle.js', import.meta.url)));
await bundleWorkflows(fileURLToPath(new URL('../dist/workflow-bundle-traced.js', import.meta.url)), {
  traced: true,
});
