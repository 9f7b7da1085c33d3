import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { dieAt } from './crash-runs.ts';
import { type SharedStore, sharedStore } from './engine-world.ts';

vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

test.each([{ after: false }, { after: true }])(
  'killed at any call (after it was done: $after), it resumes: one push, the same end',
  async ({ after }) => {
    let call = 1;
    while (await dieAt(shared, call, after)) call += 1;
    expect(call).toBeGreaterThan(15);
  },
);
