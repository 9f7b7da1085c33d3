import { defineConfig } from 'vitest/config';
import LongestFirst from './test/longest-first.ts';

// What takes too long for every change: `npm run test:long`, about an hour on two cores.
const GUIDES = 'test/deploy/*.long.test.ts';
/** Each keeps all cores busy by itself, and judges what came too late. */
const MATRICES = ['test/e2e/sample.long.test.ts', 'test/conformance/corpus.long.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line-reporter.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      // The guides follow pages that name ports and containers of this machine: one after the other, and before all else.
      { test: { name: 'guides', include: [GUIDES], maxWorkers: 1, sequence: { groupOrder: 1 } } },
      { test: { name: 'matrices', include: MATRICES, maxWorkers: 1, sequence: { groupOrder: 2 } } },
      // Most of these wait most of their time.
      {
        test: {
          name: 'long',
          include: ['test/**/*.long.test.ts'],
          exclude: [GUIDES, ...MATRICES],
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
