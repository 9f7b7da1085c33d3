import { worstOf } from '../../conformance/cell.ts';
import type { CellReport, MatrixResult } from '../../conformance/report/matrix-result.ts';
import { cellState } from '../../pipeline/engine/matrix/cell-state.ts';
import type { StoredCell } from '../../pipeline/engine/matrix/cells.ts';
import type { EvidenceId, Revision } from '../../pipeline/ids.ts';
import type { VerdictRecord } from '../../pipeline/promotion/plan.ts';
import type { Finding } from '../../render/finding.ts';
import type { StageName } from '../../render/ids.ts';
import type { CellReportView, CellView, CheckView, FindingView, MatrixView } from '../api/types/matrix.ts';
import type { SourceLines } from './source-lines.ts';

export type MatrixGiven = {
  readonly stage: StageName;
  readonly revision: Revision;
  readonly cells: readonly StoredCell[];
  /** Once there is one. Of a promotion that was verified before, it has cells and none were run. */
  readonly verdict: VerdictRecord | undefined;
  readonly progress: string | undefined;
};
export type MatrixPorts = {
  readonly evidence: (id: EvidenceId) => Promise<string | undefined>;
  readonly lines: SourceLines;
};

/** The cells of a promotion, as far as they are. */
export async function matrixView(given: MatrixGiven, ports: MatrixPorts): Promise<MatrixView> {
  const { stage, cells, verdict, progress } = given;
  const run = await Promise.all(cells.map((cell) => cellView(cell, given, ports)));
  const asBefore = run.length === 0 && verdict !== undefined;
  const all = asBefore ? verdict.cells.map((cell) => cellOfVerdict(stage, cell)) : run;
  const isOver = all.length > 0 && all.every(({ state }) => state !== 'waiting' && state !== 'running');
  const found = verdict?.verdict ?? (isOver ? worstOf(cells.map((cell) => cell.verdict ?? 'inconclusive')) : undefined);
  return {
    ...(found === undefined ? {} : { verdict: found }),
    stages: [stage],
    envoys: all.map(({ envoy }) => envoy),
    cells: all,
    asBefore,
    ...(progress === undefined || isOver ? {} : { progress }),
  };
}

const cellOfVerdict = (stage: StageName, { envoy, verdict }: VerdictRecord['cells'][number]): CellView => ({
  id: `${stage}@${envoy}`,
  stage,
  envoy,
  state: verdict,
  cached: true,
  attempt: 1,
});

export async function cellView(
  cell: StoredCell,
  { stage, revision }: Pick<MatrixGiven, 'stage' | 'revision'>,
  ports: MatrixPorts,
): Promise<CellView> {
  const text = cell.report === undefined ? undefined : await ports.evidence(cell.report);
  const report = text === undefined ? undefined : await reportView(text, cell.envoy, revision, ports);
  return {
    id: `${stage}@${cell.envoy}`,
    stage,
    envoy: cell.envoy,
    state: cellState(cell),
    cached: cell.cached,
    attempt: cell.attempt,
    ...(cell.message === undefined ? {} : { message: cell.message }),
    ...(report ? { report } : {}),
  };
}

/** Undefined: the document is no report of a cell, such as that of a cell that could not begin. */
async function reportView(
  text: string,
  envoy: string,
  revision: Revision,
  { lines }: MatrixPorts,
): Promise<CellReportView | undefined> {
  const result = resultOf(text);
  const report = result.cells?.find((cell) => cell.envoy === envoy) ?? result.cells?.[0];
  const own = [...(result.findings ?? []), ...(report?.findings ?? [])];
  if (!report) {
    if (own.length === 0) return undefined;
    const findings = await lines(revision, own);
    return { ...EMPTY, durationMs: result.durationMs ?? 0, findings };
  }
  const found = await withLines(report, own, (findings) => lines(revision, findings));
  const { digest, liveDigest, launcher, durationMs, steps, substitutions, strains, rehearsals, repro } = report;
  return {
    ...(digest === undefined ? {} : { digest }),
    ...(liveDigest === undefined ? {} : { liveDigest }),
    ...(launcher === undefined ? {} : { launcher }),
    durationMs,
    steps,
    ...found,
    substitutions,
    strains: strains ?? [],
    rehearsals: rehearsals ?? [],
    repro,
  };
}

/** A verification keeps the findings of a cell beside its report, which may be none. */
function resultOf(text: string): Partial<MatrixResult> {
  const read = JSON.parse(text) as Partial<MatrixResult> & { readonly report?: unknown };
  if (typeof read.report !== 'string') return read;
  const report = JSON.parse(read.report) as Partial<MatrixResult>;
  return report.cells ? report : { ...report, findings: read.findings ?? [] };
}

const EMPTY = { steps: [], checks: [], substitutions: [], strains: [], rehearsals: [], repro: '' } as const;

async function withLines(
  { checks }: Pick<CellReport, 'checks'>,
  own: readonly Finding[],
  lines: (findings: readonly Finding[]) => Promise<readonly FindingView[]>,
): Promise<Pick<CellReportView, 'findings' | 'checks'>> {
  const views: CheckView[] = [];
  for (const { outcome, ...check } of checks)
    views.push({
      ...check,
      outcome: outcome.kind,
      ...(outcome.kind === 'skip' ? { reason: outcome.reason } : {}),
      findings: outcome.kind === 'fail' ? await lines(outcome.findings) : [],
    });
  return { findings: await lines(own), checks: views };
}
