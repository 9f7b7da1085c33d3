import type { ConversationEntry } from '../../controlplane/conversation.ts';
import type { Finding } from '../../render/finding.ts';
import type { Digest, EnvoyVersion, StageName } from '../../render/ids.ts';
import type { Strain } from '../cell/strain.ts';
import type { Verdict } from '../cell.ts';
import { worstOf } from '../cell.ts';
import type { CheckResult } from '../checks/check.ts';
import type { LauncherKind } from '../launcher/envoy-launcher.ts';
import type { Substitution } from '../substitute/substitution.ts';
import type { RehearsalTimeline } from './rehearsal-timeline.ts';
import type { StepName } from './step-name.ts';

export type StepReport = {
  readonly name: StepName;
  readonly verdict: Verdict;
  readonly durationMs: number;
  /** Worth a line to people: `same digest as live`, `no health-checked cluster changes its hosts`. */
  readonly note?: string;
};

/** What is kept of a cell that did not pass. Written beside the report, never into `report.json`. */
export type CellEvidence = {
  readonly envoyLog: string;
  /** The answer of Envoy's `/config_dump`, parsed; absent where its admin never answered. */
  readonly configDump?: unknown;
  readonly conversation: readonly ConversationEntry[];
};

export type CellReport = {
  /** `canary@1.38.3` */
  readonly id: string;
  readonly stage: StageName;
  readonly envoy: EnvoyVersion;
  /** Absent where no launcher was ever asked: static findings had already refused the stage. */
  readonly launcher?: LauncherKind;
  readonly verdict: Verdict;
  /** Answered from the verdict cache. */
  readonly cached: boolean;
  /** Why this cell was run a second time, after an inconclusive first one. */
  readonly rerun?: string;
  /** Absent where the stage could not be rendered. */
  readonly digest?: Digest;
  /** What the rehearsal started from; absent without `--live`. */
  readonly liveDigest?: Digest;
  readonly durationMs: number;
  readonly steps: readonly StepReport[];
  readonly checks: readonly CheckResult[];
  /** All findings but those of checks, which stand in `checks`. */
  readonly findings: readonly Finding[];
  readonly substitutions: readonly Substitution[];
  /** How long Envoy and Meshgate waited for a core while a check or a rehearsal's request failed: one for each that did. */
  readonly strains?: readonly Strain[];
  /** What happened to the traffic of its rehearsals; absent in reports of before they were drawn. */
  readonly rehearsals?: readonly RehearsalTimeline[];
  /** Waiting for a core explains all that failed: nobody could tell whether the config or the machine was at fault. */
  readonly strained?: true;
  /** For an inconclusive cell: what could not be told, and what to do. */
  readonly message?: string;
  /** The one command that repeats this cell. */
  readonly repro: string;
  readonly evidence?: CellEvidence;
};

/** What `verify` found out: data for people's eyes, files and `--json` alike. */
export type MatrixResult = {
  readonly toolVersion: string;
  readonly startedAtIso: string;
  readonly durationMs: number;
  readonly configDir: string;
  /** What a command that repeats a part must be told beside it, as it was given. */
  readonly scope?: { readonly config?: string; readonly live?: string };
  /** The git commit of the mesh config, where it is in one and clean. */
  readonly revision?: string;
  /** In promotion order. */
  readonly stages: readonly { readonly name: StageName; readonly digest?: Digest; readonly liveDigest?: Digest }[];
  /** In the order of the stages, then of their Envoy versions. */
  readonly cells: readonly CellReport[];
  /** Findings of the static guards, and of loading. */
  readonly findings: readonly Finding[];
  readonly verdict: Verdict;
  readonly exitCode: ExitCode;
};

/** 0: everything passed. 1: findings. 2: could not tell (or wrong usage, which never gets as far as a result). */
export type ExitCode = 0 | 1 | 2;

export const exitCodeOf = (verdict: Verdict): ExitCode => ({ pass: 0, fail: 1, inconclusive: 2 })[verdict] as ExitCode;

/** One finding of error severity fails; else the cells decide. */
export function matrixVerdict(findings: readonly Finding[], cells: readonly Pick<CellReport, 'verdict'>[]): Verdict {
  if (findings.some((finding) => finding.severity === 'error')) return 'fail';
  return worstOf(cells.map((cell) => cell.verdict));
}

/** The findings of a cell with those of its failed checks; a check's name says which. */
export function findingsOfCell(cell: CellReport): readonly { readonly finding: Finding; readonly check?: string }[] {
  const own = cell.findings.map((finding) => ({ finding }));
  const checks = cell.checks.flatMap(({ name, outcome }) =>
    outcome.kind === 'fail' ? outcome.findings.map((finding) => ({ finding, check: name })) : [],
  );
  return [...own, ...checks];
}
