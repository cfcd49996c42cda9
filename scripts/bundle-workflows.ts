import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '../src/worker/bundle.ts';

// Part of `npm run build`: puts the workflows beside the JavaScript that is made of the sources, as one script, where
// workers of the package look for it.

await bundleWorkflows(fileURLToPath(new URL('../dist/workflow-bundle.js', import.meta.url)));
