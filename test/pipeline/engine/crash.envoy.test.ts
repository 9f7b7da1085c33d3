import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { dieAt, writesOf } from './crash-runs.ts';
import { type SharedStore, sharedStore } from './engine-world.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

// Before and after every call of any kind: `npm run test:long`.
test('killed after a write of every kind, the first of its kind and the last, it resumes: one push, the same end', async () => {
  const kinds = Map.groupBy(await writesOf(shared), ({ kind }) => kind);
  for (const state of ['planning', 'verifying', 'gating', 'pushing', 'observing', 'promoted'])
    expect([...kinds.keys()]).toContain(`transact while ${state}`);
  expect([...kinds.keys()]).toContain('push while pushing');
  const calls = new Set([...kinds.values()].flatMap((writes) => [writes[0]?.call ?? 0, writes.at(-1)?.call ?? 0]));
  for (const call of calls) expect([call, await dieAt(shared, call, true)]).toEqual([call, true]);
});
