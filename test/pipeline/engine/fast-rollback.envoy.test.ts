import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type SharedStore, sharedStore, world } from './engine-world.ts';
import { landed } from './landed.ts';
import { meshYaml } from './mesh-yaml.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const ENVOYS = ['1.36.4', '1.40.0'];

test.each([
  ['nothing said', undefined, 30 * DAY_MS - MINUTE_MS, []],
  ['nothing said', undefined, 30 * DAY_MS + MINUTE_MS, ENVOYS],
  ['fast_rollback: 1h', '1h', 59 * MINUTE_MS, []],
  ['fast_rollback: 1h', '1h', 61 * MINUTE_MS, ENVOYS],
])('%s (%s), a verdict of %i ms ago: proved anew on %j', async (_what, setting, ageMs, proved) => {
  const gates = setting === undefined ? '' : `\n    gates: { fast_rollback: ${setting} }`;
  await using mesh = await world(shared, {
    mesh: (beta, canary) => meshYaml(beta, canary).replace('cluster: small-beta }', `cluster: small-beta }${gates}`),
  });
  await landed(mesh, 1);
  await landed(mesh, 2);
  mesh.nowEpochMs += ageMs;
  mesh.proved.length = 0;
  const { promotion } = await mesh.as('ada')({ kind: 'rollback', stage: mesh.beta, digest: undefined, reason: '5xx' });
  await mesh.settle();
  expect(mesh.proved.map(({ envoy }) => envoy).sort()).toEqual(proved);
  expect(await mesh.standing(promotion ?? '')).toBe('promoted');
});
