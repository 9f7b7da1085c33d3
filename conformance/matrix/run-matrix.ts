import { setTimeout as sleep } from 'node:timers/promises';
import { cellId } from '../cell.ts';
import type { IdleGauge } from '../machine-idle.ts';
import type { CellReport } from '../report/matrix-result.ts';
import type { MatrixEvent } from '../report/progress.ts';
import type { CellJob, CellRunner } from './cell-job.ts';
import { judgedUnderStrain, secondOpinion } from './under-strain.ts';
import type { VerdictCache, VerdictKey } from './verdict-cache.ts';

/** How often the machine is asked whether it has time to spare; shorter than a cell's first, busy seconds. */
const LOOK_EVERY_MS = 300;

export type MatrixRun = {
  readonly jobs: readonly CellJob[];
  readonly runner: CellRunner;
  /** How many cells run at once, at most. */
  readonly concurrency: number;
  /**
   * How many may start whatever else goes on; beyond, one more starts whenever the machine has time to spare. Cells compute at
   * first and wait later: all at once, they would be in each other's way first, and then all wait. Default: all.
   */
  readonly steady?: { readonly cells: number; readonly isIdle: IdleGauge };
  /** Undefined for a job: neither answered from the cache nor kept in it. */
  readonly keyOf: (job: CellJob) => VerdictKey | undefined;
  readonly cache: VerdictCache;
  readonly onEvent: (event: MatrixEvent) => void;
  readonly signal: AbortSignal;
};

/**
 * Runs every job, answers unchanged ones from the cache, and runs an inconclusive cell once more (once, and it is shown).
 * Reports come in the order of the jobs. Rejects with the signal's reason when aborted.
 */
export async function runMatrix(run: MatrixRun): Promise<CellReport[]> {
  const reports = new Array<CellReport | undefined>(run.jobs.length);
  const waiting = [...run.jobs.entries()];
  const running = new Set<Promise<void>>();
  const work = async ([index, job]: readonly [number, CellJob]): Promise<void> => {
    const report = await runOne(run, job);
    const { id, verdict, durationMs, cached } = report;
    run.onEvent({ kind: 'cell-ended', id, verdict, durationMs, cached });
    reports[index] = report;
  };
  const mayStart = (): boolean =>
    running.size < run.concurrency && (!run.steady || running.size < run.steady.cells || run.steady.isIdle());
  while (waiting.length > 0 || running.size > 0) {
    run.signal.throwIfAborted();
    const next = mayStart() ? waiting.shift() : undefined;
    if (next) {
      const going: Promise<void> = work(next).finally(() => running.delete(going));
      running.add(going);
    } else {
      // Timed only where the machine is asked again whether it has time to spare.
      const look = run.steady && waiting.length > 0 ? [sleep(LOOK_EVERY_MS)] : [];
      await Promise.race([...running, ...look]);
    }
  }
  return reports.filter((report) => report !== undefined);
}

async function runOne(run: MatrixRun, job: CellJob): Promise<CellReport> {
  const key = run.keyOf(job);
  const known = key && (await run.cache.read(key));
  // Verdicts outlive the command line that asked for them: the way to repeat the cell is today's.
  if (known) return { ...known, repro: job.repro };
  run.onEvent({ kind: 'cell-started', id: cellId(job.cell) });
  let report = judgedUnderStrain(await run.runner.run(job, run.onEvent, run.signal));
  if (report.verdict === 'inconclusive') {
    run.signal.throwIfAborted();
    const why = report.message ?? 'the harness could not tell';
    run.onEvent({ kind: 'cell-rerun', id: cellId(job.cell), why });
    const again = judgedUnderStrain(await run.runner.run(job, run.onEvent, run.signal));
    report = { ...secondOpinion(report, again), rerun: why };
  }
  try {
    // What passed only at the second time is not proved well enough to be believed the next time.
    if (key && report.rerun === undefined) await run.cache.write(key, report);
  } catch (error) {
    // A full disk makes the next run slower; it takes nothing away from what this one proved.
    const why = error instanceof Error ? error.message : String(error);
    run.onEvent({ kind: 'note', message: `the verdict of ${report.id} is not kept: ${why}` });
  }
  return report;
}
