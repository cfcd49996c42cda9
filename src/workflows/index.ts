export { sitrepLifecycle } from './sitrep-lifecycle.ts';
export { tend } from './tend.ts';
