import { startStack } from '../../src/local/stack.ts';

// A `sitrep up` in small that the tests can kill. On SIGTERM it exits without stopping its stack.

const [dataDir = ''] = process.argv.slice(2);
process.once('SIGTERM', () => process.exit(1));
await startStack({ dataDir, env: process.env, report: () => {} });
process.stdout.write('up\n');
