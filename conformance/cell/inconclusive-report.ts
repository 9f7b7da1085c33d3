import { cellId } from '../cell.ts';
import type { CellJob } from '../matrix/cell-job.ts';
import type { CellReport } from '../report/matrix-result.ts';

/** The report of a cell of which nothing is known yet. */
export const emptyReport = (job: CellJob): CellReport => ({
  id: cellId(job.cell),
  stage: job.cell.stage.name,
  envoy: job.cell.envoy.version,
  verdict: 'inconclusive',
  cached: false,
  digest: job.proposed.digest,
  ...(job.live ? { liveDigest: job.live.digest } : {}),
  durationMs: 0,
  steps: [],
  checks: [],
  findings: [],
  substitutions: [],
  repro: job.repro,
});

/** The report of a cell that nobody could judge. `message` says what could not be told and what to do. */
export const inconclusiveReport = (job: CellJob, message: string): CellReport => ({ ...emptyReport(job), message });
