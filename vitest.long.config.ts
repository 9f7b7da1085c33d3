import { defineConfig } from 'vitest/config';

// What takes too long for every change: `npm run test:long`, one file after the other.
export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line-reporter.ts'],
    include: ['test/**/*.long.test.ts'],
    maxWorkers: 1,
    fileParallelism: false,
  },
});
