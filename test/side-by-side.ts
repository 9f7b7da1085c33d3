import { describe } from 'vitest';

/**
 * A suite that runs at the same time as those of this kind next to it in the file, while the tests in it go one after the other. For
 * suites of real parts that wait more than they compute and share nothing; two or three of them are enough to fill each other's waits,
 * where `describe.concurrent` would start every test at once.
 */
export function sideBySide(name: string, tests: () => void): void {
  describe.concurrent(name, () => {
    describe('in turn', { concurrent: false }, tests);
  });
}
