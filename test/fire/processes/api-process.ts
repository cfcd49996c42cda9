import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { startApi } from '../../../src/api/server.ts';
import { readSettings } from '../../../src/model/settings.ts';
import { createPool } from '../../../src/store/pool.ts';
import { testMail } from '../../support/mail.ts';
import { doomedPool } from './doomed-pool.ts';
import { given, obey, say, strikeMyself } from './mortality.ts';

// The API as a process of its own. It kills itself where the test says.

/** Right after the first use of the database that says this, but for some. */
export interface ApiOrder {
  killedAfter: string | null;
  passes?: number;
}

obey(begin);
await say('ready');

async function begin({ killedAfter, passes = 0 }: ApiOrder) {
  const namespace = given('TEMPORAL_NAMESPACE');
  const settings = readSettings(process.env);
  const pool = createPool(given('DATABASE_URL'), { applicationName: 'sitrep api' });
  const connection = await Connection.connect({ address: given('TEMPORAL_ADDRESS') });
  let passed = 0;
  const doom = (statement: string) => {
    if (killedAfter === null || !statement.includes(killedAfter)) return null;
    passed += 1;
    return passed > passes ? 'after' : null;
  };
  const { url, close } = await startApi({
    pool: doomedPool(pool, doom, () => strikeMyself('SIGKILL')),
    client: new Client({ connection, namespace }),
    listen: settings.SITREP_LISTEN,
    authentication: null,
    maxBodyBytes: settings.SITREP_MAX_BODY,
    temporalUiUrl: null,
    namespace,
    mail: testMail(),
    logger: pino({ level: 'silent' }),
  });
  await say('working', { url });
  return { stop: close };
}
