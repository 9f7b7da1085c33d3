import { test } from 'vitest';
import { NO_POSTGRESQL, startPostgresql } from '../real/postgresql.ts';
import { startFaultWorld } from './fault-world.ts';
import { databaseGone } from './outage-run.ts';

test.skipIf(NO_POSTGRESQL)(
  'the database gone for 30 s while verifying, pushing and observing: nothing lost, one push, one message',
  async () => {
    await using server = await startPostgresql();
    await using world = await startFaultWorld({ databaseUrl: server.url, workers: 3, bots: 3, serves: 2, spares: 0 });
    for (const point of [
      'worker after commit of fact planned',
      'worker after push forward',
      'worker after commit of fact pushed',
    ])
      await databaseGone(world, server, point, 30_000);
  },
  1_800_000,
);
