import { expect, test } from 'vitest';
import { startAdmin } from '../../../controlplane/admin/start-admin.ts';
import { adminWorld } from './admin-world.ts';

test('the process began once, also by a clock that is set while it runs', async () => {
  await using world = await adminWorld();
  let now = Date.now();
  const nowEpochMs = (): number => {
    now += 700;
    return now;
  };
  await using admin = await startAdmin({ server: world.server, nowEpochMs, port: 0, say: () => {} });
  const began = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${admin.port}/metrics`)).text();
    return Number(/^process_start_time_seconds (\S+)$/m.exec(text)?.[1]);
  };
  const first = await began();
  expect(Math.abs(first - (Date.now() / 1_000 - process.uptime()))).toBeLessThan(3);
  expect([await began(), await began()]).toEqual([first, first]);
});
