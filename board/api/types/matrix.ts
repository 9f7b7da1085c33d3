import type { Verdict } from '../../../conformance/cell.ts';
import type { CheckOutcome, CheckResult } from '../../../conformance/checks/check.ts';
import type { CellReport } from '../../../conformance/report/matrix-result.ts';
import type { CellState } from '../../../pipeline/engine/matrix/cell-state.ts';
import type { Finding } from '../../../render/finding.ts';
import type { StageName } from '../../../render/ids.ts';

/** Cells of one stage, or of all of them (a verification). */
export type MatrixView = {
  /** Once all cells have ended. */
  readonly verdict?: Verdict;
  readonly stages: readonly StageName[];
  /** Newest last. */
  readonly envoys: readonly string[];
  readonly cells: readonly CellView[];
  /** Verified before, for these bytes: no cell was run. */
  readonly asBefore: boolean;
  /** `3 of 5 cells ended; running: 1.40.0`, as long as it goes on. */
  readonly progress?: string;
};

export type CellView = {
  /** `canary@1.38.3`. */
  readonly id: string;
  readonly stage: StageName;
  readonly envoy: string;
  readonly state: CellState;
  /** Proved before, for exactly these bytes. */
  readonly cached: boolean;
  /** 2: the first run was inconclusive. */
  readonly attempt: number;
  /** For `inconclusive`: what could not be told. */
  readonly message?: string;
  /** What it found out, once it has ended and where a report is kept. */
  readonly report?: CellReportView;
};

/** As `report.json` has it, with the lines that findings are about. */
export type CellReportView = Pick<
  CellReport,
  'digest' | 'liveDigest' | 'launcher' | 'durationMs' | 'steps' | 'substitutions' | 'repro'
> &
  Required<Pick<CellReport, 'strains' | 'rehearsals'>> & {
    readonly checks: readonly CheckView[];
    readonly findings: readonly FindingView[];
  };
export type CheckView = Omit<CheckResult, 'outcome'> & {
  readonly outcome: CheckOutcome['kind'];
  /** For `skip`. */
  readonly reason?: string;
  readonly findings: readonly FindingView[];
};

/** A finding with the lines of the config that it is about. Text from outside: shown as text. */
export type FindingView = Finding & { readonly excerpt?: SourceExcerpt };

/** Lines of a file of the mesh config, as of the revision. */
export type SourceExcerpt = {
  readonly file: string;
  /** Of `lines[0]`, from 1. */
  readonly firstLine: number;
  readonly lines: readonly string[];
};
