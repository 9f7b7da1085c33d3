import { expect, test } from 'vitest';
import { NO_POSTGRESQL, startPostgresql } from '../real/postgresql.ts';
import { startFaultWorld } from './fault-world.ts';
import { killRun } from './kill-run.ts';

const KILLS = 105;

test.skipIf(NO_POSTGRESQL)(
  'PostgreSQL, three workers and three bots: killed before and after every step, a hundred times and more',
  async () => {
    await using server = await startPostgresql();
    await using world = await startFaultWorld({ databaseUrl: server.url, workers: 3, bots: 3, serves: 2, spares: 3 });
    const { kills } = await killRun(world, { seed: 12, size: { kind: 'long', kills: KILLS, perPromotion: 8 } });
    expect(kills).toBeGreaterThanOrEqual(KILLS);
  },
  3_600_000,
);
