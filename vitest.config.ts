import { defineConfig } from 'vitest/config';
import LongestFirst from './test/longest-first.ts';

// Two projects, one command. `short` needs no Envoy and runs for every change; `envoy` starts real Envoys (and, where an
// engine answers, real containers), so its files run a few at a time: each of them is already parallel inside. One more than
// two cores have to do, for files of both projects wait now and then.
const WORKERS = 3;
const REAL_PARTS = 'test/**/*.envoy.test.ts';
// `npm run test:long` alone.
const LONG = 'test/**/*.long.test.ts';

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line-reporter.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'short',
          include: ['test/**/*.test.ts'],
          exclude: [REAL_PARTS, LONG],
          // For machines that are busy with other files: the longest takes 6 s on an idle one.
          testTimeout: 60_000,
          maxWorkers: WORKERS,
        },
      },
      {
        test: {
          name: 'envoy',
          include: [REAL_PARTS],
          testTimeout: 90_000,
          hookTimeout: 120_000,
          maxWorkers: WORKERS,
        },
      },
    ],
  },
});
