import { defineConfig } from 'vitest/config';
import { ALONE } from './test/alone.ts';
import LongestFirst from './test/longest-first.ts';

// One command for all. `short` and `alone` need no Envoy and run for every change; `envoy` starts real Envoys (and, where an
// engine answers, real containers), so its files run a few at a time: each of them is already parallel inside. One more than
// two cores have to do, for files of all projects wait now and then.
const WORKERS = 3;
const REAL_PARTS = 'test/**/*.envoy.test.ts';
// `npm run test:long` alone.
const LONG = 'test/**/*.long.test.ts';
// For machines that are busy with other files: the longest takes 6 s on an idle one.
const SHORT_TIMEOUT_MS = 60_000;

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line-reporter.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'short',
          include: ['test/**/*.test.ts'],
          exclude: [REAL_PARTS, LONG, ...ALONE],
          testTimeout: SHORT_TIMEOUT_MS,
          maxWorkers: WORKERS,
          // Modules keep nothing but what follows from their arguments, and a fifth of the CPU went into loading and compiling them anew.
          isolate: false,
        },
      },
      { test: { name: 'alone', include: ALONE, testTimeout: SHORT_TIMEOUT_MS, maxWorkers: WORKERS } },
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
