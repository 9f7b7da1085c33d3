import { expect, test } from 'vitest';
import { NO_POSTGRESQL, startPostgresql } from '../real/postgresql.ts';
import { startFaultWorld } from './fault-world.ts';
import { killRun } from './kill-run.ts';

const LONG = { kind: 'long', kills: 105, perPromotion: 8 } as const;
const WITHIN_MS = 3_600_000;

test(
  'embedded store: killed before and after every step, a hundred times and more',
  async () => {
    await using world = await startFaultWorld({ workers: 1, bots: 1, serves: 1, spares: 3 });
    expect((await killRun(world, { seed: 11, size: LONG })).kills).toBeGreaterThanOrEqual(LONG.kills);
  },
  WITHIN_MS,
);

test.skipIf(NO_POSTGRESQL)(
  'PostgreSQL, three workers and three bots: killed before and after every step, a hundred times and more',
  async () => {
    await using server = await startPostgresql();
    await using world = await startFaultWorld({ databaseUrl: server.url, workers: 3, bots: 3, serves: 2, spares: 3 });
    expect((await killRun(world, { seed: 12, size: LONG })).kills).toBeGreaterThanOrEqual(LONG.kills);
  },
  WITHIN_MS,
);
