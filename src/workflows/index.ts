export { analysis } from './analysis.ts';
export { receiver } from './receiver.ts';
export { rediagnose } from './rediagnose.ts';
export { sitrepLifecycle } from './sitrep-lifecycle.ts';
export { tend } from './tend.ts';
