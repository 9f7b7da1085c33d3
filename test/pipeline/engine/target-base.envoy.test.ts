import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { EnginePorts } from '../../../pipeline/engine/ports.ts';
import type { PromotionId, Revision } from '../../../pipeline/ids.ts';
import { planOf } from '../../../pipeline/promotion/promotion.ts';
import type { Target } from '../../../pipeline/targets/target.ts';
import type { Digest, StageName } from '../../../render/ids.ts';
import { deliveryOf } from '../targets/deliveries.ts';
import { type SharedStore, sharedStore, type World, world } from './engine-world.ts';
import { change } from './landed.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

async function promoted(mesh: World, stage: StageName, revision: Revision): Promise<string> {
  const { promotion } = await mesh.as('ada')({ kind: 'promote', stage, revision, reason: '' });
  await mesh.settle();
  return promotion ?? '';
}

/** Something happens at the moment of the next push. */
type Strike = { happens: (() => Promise<unknown>) | undefined };
const beforePush =
  (strike: Strike) =>
  (ports: EnginePorts): EnginePorts => ({
    ...ports,
    async openTarget(stage) {
      const real = await ports.openTarget(stage);
      const push: Target['push'] = async (...args) => {
        const { happens } = strike;
        strike.happens = undefined;
        await happens?.();
        return real.push(...args);
      };
      return Object.assign(Object.create(real) as Target, { push });
    },
  });

/** What a Meshgate with a store of its own does: the same commits, promotions of its own. */
async function otherMeshgate(
  mesh: World,
  stage: StageName,
  revision: Revision,
  promotion = 'other-9',
): Promise<Digest> {
  const snapshot = (await mesh.ports.revisions.stage(revision, stage, undefined))?.snapshot;
  if (!snapshot) throw new Error(`${revision} does not render`);
  const delivery = deliveryOf(promotion, { snapshot });
  await using target = await mesh.target(stage);
  const { version } = await target.read();
  await target.push({ ...delivery, manifest: { ...delivery.manifest, stage, revision } }, version);
  return snapshot.digest;
}

test('another Meshgate was faster, with a commit that is part of this one: verified again from there, and approved again', async () => {
  const strike: Strike = { happens: undefined };
  await using mesh = await world(shared, { wrap: beforePush(strike) });
  const approve = (id: string) =>
    mesh.as('bo')({ kind: 'approve', promotion: id as PromotionId, binding: undefined, reason: '' });
  const first = await change(mesh, 1);
  await promoted(mesh, mesh.beta, first);
  await approve(await promoted(mesh, mesh.canary, first));
  await mesh.settle();
  const between = await change(mesh, 2);
  const proposed = await change(mesh, 3);
  await promoted(mesh, mesh.beta, proposed);
  const id = await promoted(mesh, mesh.canary, proposed);
  mesh.proved.length = 0;
  let theirs: Digest | undefined;
  strike.happens = async () => {
    theirs = await otherMeshgate(mesh, mesh.canary, between);
  };
  await approve(id);
  await mesh.settle();
  expect(mesh.proved.map(({ live }) => live?.digest)).toEqual([theirs]);
  expect(await mesh.standing(id)).toBe('gating');
  const plan = planOf((await mesh.promotion(id)).state);
  expect(plan?.base).toMatchObject({ digest: theirs, revision: between });
  expect(plan?.findings).toMatchObject([
    { rule: 'base-of-another', severity: 'warning', saw: expect.stringContaining('other-9') as string },
  ]);
  expect(mesh.pushes.filter((push) => push.startsWith(mesh.canary))).toHaveLength(1);
  // What was approved was another change.
  await approve(id);
  await mesh.settle();
  expect(await mesh.standing(id)).toBe('promoted');
  expect(mesh.pushes.at(-1)).toBe(`${id} forward`);
});

test('a commit that would get lost, bytes that the named commit does not render to, and what never settled here are drift', async () => {
  await using mesh = await world(shared);
  const first = await change(mesh, 1);
  await promoted(mesh, mesh.beta, first);
  const second = await change(mesh, 2);
  const later = await change(mesh, 3);
  await otherMeshgate(mesh, mesh.beta, later);
  expect(await mesh.standing(await promoted(mesh, mesh.beta, second))).toMatch(/^rejected: .*target-not-as-promoted/);
  {
    await using target = await mesh.target(mesh.beta);
    const forged = deliveryOf('other-10');
    const manifest = { ...forged.manifest, stage: mesh.beta, revision: second };
    await target.push({ ...forged, manifest }, (await target.read()).version);
  }
  expect(await mesh.standing(await promoted(mesh, mesh.beta, later))).toMatch(/^rejected: .*target-not-as-promoted/);
  // The name of one that is known here, and its commit.
  await otherMeshgate(mesh, mesh.beta, second, `${mesh.beta}-2`);
  expect(await mesh.standing(await promoted(mesh, mesh.beta, later))).toMatch(/^rejected: .*target-not-as-promoted/);
  expect(mesh.pushes).toEqual([`${mesh.beta}-1 forward`]);
});
