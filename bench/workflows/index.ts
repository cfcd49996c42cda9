export * from '../../src/workflows/index.ts';
export { analyseNothing, lifeOfNothing } from './analyse-nothing.ts';
export { doNothing } from './do-nothing.ts';
export { sleeper } from './sleeper.ts';
