import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type SharedStore, sharedStore, world } from './engine-world.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

test('a promotion goes from the request into the target, and lands', async () => {
  await using mesh = await world(shared);
  const id = `${mesh.beta}-1`;
  const answer = await mesh.as('ada')({ kind: 'promote', stage: mesh.beta, revision: undefined, reason: 'first' });
  expect(answer).toMatchObject({ kind: 'done', promotion: id });
  await mesh.settle();
  expect(await mesh.faults()).toEqual([]);
  expect(await mesh.standing(id)).toBe('promoted');
  expect(mesh.proved.map(({ envoy }) => envoy)).toEqual(['1.36.4', '1.40.0']);
  expect(mesh.pushes).toEqual([`${id} forward`]);
  const held = await (await mesh.target(mesh.beta)).read();
  expect(held).toMatchObject({ kind: 'delivery', delivery: { manifest: { promotion: id, by: ['ada'] } } });
  const { live } = await mesh.store.read.stage(mesh.beta);
  expect(live).toMatchObject({ promotion: id, targetVersion: held.version });
});
