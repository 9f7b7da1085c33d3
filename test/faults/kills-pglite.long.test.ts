import { expect, test } from 'vitest';
import { startFaultWorld } from './fault-world.ts';
import { killRun } from './kill-run.ts';

const KILLS = 105;

test('embedded store: killed before and after every step, a hundred times and more', async () => {
  await using world = await startFaultWorld({ workers: 1, bots: 1, serves: 1, spares: 3 });
  const { kills } = await killRun(world, { seed: 11, size: { kind: 'long', kills: KILLS, perPromotion: 8 } });
  expect(kills).toBeGreaterThanOrEqual(KILLS);
}, 3_600_000);
