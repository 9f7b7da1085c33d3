import { secondOpinion } from '../cell/standstill.ts';
import { cellId } from '../cell.ts';
import type { CellReport } from '../report/matrix-result.ts';
import type { MatrixEvent } from '../report/progress.ts';
import type { CellJob, CellRunner } from './cell-job.ts';
import type { VerdictCache, VerdictKey } from './verdict-cache.ts';

export type MatrixRun = {
  readonly jobs: readonly CellJob[];
  readonly runner: CellRunner;
  /** How many cells run at once. */
  readonly concurrency: number;
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
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      run.signal.throwIfAborted();
      const [index, job] = next;
      const report = await runOne(run, job);
      const { id, verdict, durationMs, cached } = report;
      run.onEvent({ kind: 'cell-ended', id, verdict, durationMs, cached });
      reports[index] = report;
    }
  };
  await Promise.all(Array.from({ length: Math.min(run.concurrency, run.jobs.length) }, work));
  return reports.filter((report) => report !== undefined);
}

async function runOne(run: MatrixRun, job: CellJob): Promise<CellReport> {
  const key = run.keyOf(job);
  const known = key && (await run.cache.read(key));
  // Verdicts outlive the command line that asked for them: the way to repeat the cell is today's.
  if (known) return { ...known, repro: job.repro };
  run.onEvent({ kind: 'cell-started', id: cellId(job.cell) });
  let report = await run.runner.run(job, run.onEvent, run.signal);
  if (report.verdict === 'inconclusive') {
    run.signal.throwIfAborted();
    const why = report.message ?? 'the harness could not tell';
    run.onEvent({ kind: 'cell-rerun', id: cellId(job.cell), why });
    const again = await run.runner.run(job, run.onEvent, run.signal);
    report = { ...secondOpinion(report, again), rerun: why };
  }
  try {
    if (key) await run.cache.write(key, report);
  } catch (error) {
    // A full disk makes the next run slower; it takes nothing away from what this one proved.
    const why = error instanceof Error ? error.message : String(error);
    run.onEvent({ kind: 'note', message: `the verdict of ${report.id} is not kept: ${why}` });
  }
  return report;
}
