import { expect, test } from 'vitest';
import { startFaultWorld } from './fault-world.ts';
import { killRun } from './kill-run.ts';

test('embedded store: worker, bot, control plane and the database’s host killed at main steps of every kind: one push, one root message, nothing stuck', async () => {
  await using world = await startFaultWorld({ workers: 1, bots: 1, serves: 1, spares: 3 });
  const { kills, hosts } = await killRun(world, { seed: 1, size: { kind: 'half' } });
  expect(kills).toBeGreaterThanOrEqual(9);
  expect(hosts).toBeGreaterThan(0);
}, 600_000);
