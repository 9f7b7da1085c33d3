import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { PromotionId } from '../../../pipeline/ids.ts';
import { type SharedStore, sharedStore, type World, world } from './engine-world.ts';
import { change, NOTHING } from './landed.ts';
import { meshYaml } from './mesh-yaml.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

const HOUR_MS = 3_600_000;
const soaking = (beta: string, canary: string): string =>
  meshYaml(beta, canary).replace(
    'gates: { approvals: { count: 1, group: managers, expire: 24h } }',
    'gates: { soak: 4h }',
  );
async function ask(mesh: World, stage: World['beta'], revision: string): Promise<string> {
  const { promotion } = await mesh.as('ada')({ kind: 'promote', stage, revision, reason: '' });
  await mesh.settle();
  return promotion ?? '';
}
const accept = async (mesh: World, id: string): Promise<void> => {
  await mesh.as('ada')({ kind: 'approve', promotion: id as PromotionId, binding: undefined, reason: 'looked' });
  await mesh.settle();
};

test('the hours that nobody could tell of do not count: it soaks from when somebody took it', async () => {
  await using mesh = await world(shared, { mesh: soaking });
  mesh.fleet = ({ request }) => (request.stage === mesh.beta ? NOTHING : undefined);
  const first = await ask(mesh, mesh.beta, 'main');
  const next = await ask(mesh, mesh.canary, 'main');
  await mesh.settle(5 * HOUR_MS);
  expect((await mesh.promotion(first)).state.kind).toBe('undecided');
  await accept(mesh, first);
  // It was looked at at once: what it waits for has changed.
  expect((await mesh.promotion(next)).state.kind).toBe('gating');
  await mesh.settle(4 * HOUR_MS - 1_000);
  expect((await mesh.promotion(next)).state.kind).toBe('gating');
  await mesh.settle(2_000);
  expect(await mesh.standing(next)).toBe('promoted');
});

test('while a newer one is in the stage before and not settled, the one that is live there does not go on', async () => {
  await using mesh = await world(shared, { mesh: soaking });
  const first = await change(mesh, 1);
  await ask(mesh, mesh.beta, first);
  await mesh.settle(4 * HOUR_MS + 1_000);
  mesh.fleet = ({ request }) => (request.stage === mesh.beta ? NOTHING : undefined);
  const newer = await ask(mesh, mesh.beta, await change(mesh, 2));
  const next = await ask(mesh, mesh.canary, first);
  expect((await mesh.promotion(next)).state.kind).toBe('gating');
  const why = await mesh.pipeline.ask(
    { kind: 'why', promotion: next as PromotionId },
    { via: 'cli', identity: 'unix:ada' },
  );
  expect(JSON.stringify(why.blocks)).toContain(`soak: ${mesh.beta} is at ${newer}, which is not settled`);
  // Taken as it is, that is what is live there, and the older one has no way on.
  await accept(mesh, newer);
  expect(await mesh.standing(next)).toMatch(/^rejected: .*order-moved-on/);
});
