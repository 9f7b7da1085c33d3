import type { Reporter, TestModule } from 'vitest/node';

/**
 * Says at the end of a run why each skipped test was skipped, and counts: `412 passed, 0 failed, 3 skipped`.
 * A file that could not even be collected counts as one failure, so that the line never reads better than the run was.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    const skips: string[] = [];
    for (const module of modules) {
      if (module.errors().length > 0) failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed += 1;
        else if (result.state === 'failed') failed += 1;
        else
          skips.push(
            `skipped: ${test.fullName}: ${result.state === 'skipped' ? (result.note ?? 'no reason given') : 'did not run'}`,
          );
      }
    }
    process.stdout.write(
      `\n${skips.map((line) => `${line}\n`).join('')}${passed} passed, ${failed} failed, ${skips.length} skipped\n`,
    );
  }
}
