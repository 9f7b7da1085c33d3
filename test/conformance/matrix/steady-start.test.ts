import { expect, test } from 'vitest';
import { emptyReport } from '../../../conformance/cell/inconclusive-report.ts';
import { machineIdle } from '../../../conformance/machine-idle.ts';
import { type MatrixRun, runMatrix } from '../../../conformance/matrix/run-matrix.ts';
import { memoryVerdictCache } from '../../../conformance/matrix/verdict-cache.ts';
import { jobOf } from '../cell/cell-fixture.ts';
import { snapshotOf } from '../snapshot-of.ts';

const proposed = snapshotOf({});
const VERSIONS = ['1.36.4', '1.37.0', '1.38.3', '1.39.3', '1.40.0'];

/** Five cells of 700 ms each; gives the most that ran at once. */
async function mostAtOnce(steady: MatrixRun['steady'], concurrency = 5): Promise<number> {
  let running = 0;
  let most = 0;
  await runMatrix({
    jobs: VERSIONS.map((version) => jobOf({ version, proposed })),
    concurrency,
    ...(steady ? { steady } : {}),
    keyOf: () => undefined,
    cache: memoryVerdictCache(),
    onEvent: () => {},
    signal: new AbortController().signal,
    runner: {
      run: async (job) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 700));
        running -= 1;
        return { ...emptyReport(job), verdict: 'pass' };
      },
    },
  });
  return most;
}

test('a busy machine runs the steady number of cells and no more', async () => {
  expect(await mostAtOnce({ cells: 2, isIdle: () => false })).toBe(2);
});

test('while the machine has time to spare, one more starts and one more, up to the limit', async () => {
  expect(await mostAtOnce({ cells: 1, isIdle: () => true }, 4)).toBe(4);
});

test('without a gauge all start at once', async () => {
  expect(await mostAtOnce(undefined)).toBe(5);
});

test('a gauge that is read twice at once has seen nothing idle', () => {
  const isIdle = machineIdle();
  isIdle();
  expect(isIdle()).toBe(false);
});
