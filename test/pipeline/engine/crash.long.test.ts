import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { dieAtEach } from './crash-runs.ts';
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
    expect(await dieAtEach(shared, 1, 1, after)).toBeGreaterThan(15);
  },
);
