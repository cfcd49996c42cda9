export * from '../../src/workflows/index.ts';
export { doNothing } from './do-nothing.ts';
export { sleeper } from './sleeper.ts';
