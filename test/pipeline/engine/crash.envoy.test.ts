import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { dieAtEach } from './crash-runs.ts';
import { type SharedStore, sharedStore } from './engine-world.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

let shared: SharedStore;
beforeAll(async () => {
  shared = await sharedStore();
});
afterAll(() => shared[Symbol.asyncDispose]());

// Every call is the last one once: the odd ones before they are done, the even ones after. All of both: `npm run test:long`.
test.each([
  { after: false, first: 1 },
  { after: true, first: 2 },
])(
  'killed at every other call (after it was done: $after), it resumes: one push, the same end',
  async ({ after, first }) => {
    expect(await dieAtEach(shared, first, 2, after)).toBeGreaterThan(7);
  },
);
