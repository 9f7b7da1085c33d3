import { expect, test } from 'vitest';
import { NO_POSTGRESQL, startPostgresql } from '../real/postgresql.ts';
import { startFaultWorld } from './fault-world.ts';
import { killRun } from './kill-run.ts';

test.skipIf(NO_POSTGRESQL)(
  'PostgreSQL, three workers and three bots: killed at every main step: one push, one root message, nothing stuck',
  async () => {
    await using server = await startPostgresql();
    await using world = await startFaultWorld({ databaseUrl: server.url, workers: 3, bots: 3, serves: 2, spares: 3 });
    const { kills } = await killRun(world, { seed: 2, size: { kind: 'short' } });
    expect(kills).toBeGreaterThanOrEqual(18);
  },
  600_000,
);
