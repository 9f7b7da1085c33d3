import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as pause } from 'node:timers/promises';
import type { EnvoyRelease } from '../render/config/mesh-config.ts';
import { type Finding, hasErrors } from '../render/finding.ts';
import { withExamples } from '../render/generators/with-examples.ts';
import { wantOneOf } from '../render/nearest-names.ts';
import type { Snapshot } from '../render/snapshot.ts';
import { type Cell, cellId } from './cell.ts';
import { whyNotFor } from './checks/applies-to-cell.ts';
import type { ScriptSettings } from './checks/script/run-script.ts';
import { chooseLauncher, type LauncherWish } from './launcher/choose-launcher.ts';
import type { LauncherSettings } from './launcher/launcher-settings.ts';
import { machineIdle } from './machine-idle.ts';
import type { CellJob } from './matrix/cell-job.ts';
import { type PlannedVerdict, planName, writePlan } from './matrix/matrix-plan.ts';
import { runMatrix } from './matrix/run-matrix.ts';
import { fileVerdictCache, memoryVerdictCache, type VerdictKey } from './matrix/verdict-cache.ts';
import { startWorkerPool, type WorkerPool } from './matrix/worker-pool.ts';
import { type Prepared, type PreparedStage, type PrepareRequest, prepareStages } from './prepare-stages.ts';
import { predecessorOf } from './rehearsal/predecessor.ts';
import { type CellReport, exitCodeOf, type MatrixResult, matrixVerdict } from './report/matrix-result.ts';
import type { MatrixEvent } from './report/progress.ts';
import { SelectionError } from './selection-error.ts';
import { toolDigest } from './tool-digest.ts';
import { mergeStages, type StageValidation, sortFindings, validateStage } from './validate.ts';

export type VerifyRequest = PrepareRequest & {
  /** Only this check in each cell, without rehearsals. Such runs are never answered from the cache nor kept in it. */
  readonly check: string | undefined;
  readonly launcher: LauncherWish;
  /** Where Envoy binaries are kept. */
  readonly cacheDir: string;
  readonly scripts: ScriptSettings;
  /** Worker processes, and how many cells run at once in all of them. */
  readonly workers: number;
  readonly concurrency: number;
  /** Where verdicts are kept; undefined: every cell runs. */
  readonly verdictDir: string | undefined;
  /** Parent of the run's own directory. */
  readonly scratchParent: string;
  readonly toolVersion: string;
  readonly startedAtIso: string;
  readonly revision: string | undefined;
  /** What a command that repeats a part must be told beside it, as it was given. */
  readonly scope?: NonNullable<MatrixResult['scope']>;
  /** The command that repeats one cell. */
  readonly reproOf: (stage: string, envoy: string) => string;
  readonly onEvent: (event: MatrixEvent) => void;
};

/**
 * Proves a mesh config: static guards first, then every cell that they leave, on real Envoys. Resolves with the result whatever it
 * is; rejects with `SelectionError`, or with the signal's reason when aborted, once nothing runs any more.
 */
export async function verifyMesh(request: VerifyRequest): Promise<MatrixResult> {
  const { workers, scripts, scratchParent } = request;
  const scratchDir = await mkdtemp(join(scratchParent, 'meshgate-'));
  try {
    // The workers load while the config is read and judged here.
    await using pool = startWorkerPool({ workers, scripts, scratchDir });
    return await proveMesh(request, pool);
  } finally {
    await rm(scratchDir, { recursive: true, force: true }).catch(() => {});
  }
}

async function proveMesh(request: VerifyRequest, pool: WorkerPool): Promise<MatrixResult> {
  const startedAt = performance.now();
  const tool = toolDigest();
  const plan = await planNameOf(request, tool);
  const prepared = await prepareStages(request);
  const all = prepared.stages.flatMap((stage) => jobsOf(stage, request));
  const jobs = request.check === undefined ? all : await jobsWithCheck(request.check, all, prepared);
  // A cell without a snapshot has no job, and is refused below.
  const cellsShown = prepared.stages
    .flatMap(cellsOf)
    .filter((cell) => jobs.length === all.length || jobs.some((job) => cellId(job.cell) === cellId(cell)));
  request.onEvent({
    kind: 'matrix-started',
    cells: cellsShown.map((cell) => ({ id: cellId(cell), stage: cell.stage.name, envoy: cell.envoy.version })),
  });
  const validations: StageValidation[] = [];
  for (const stage of prepared.stages) {
    await pause(); // the guards of a large stage take their time, and Ctrl-C is heard in between
    request.signal.throwIfAborted();
    validations.push(validateSelected(stage));
  }
  const findings = sortFindings([...prepared.findings, ...mergeStages(validations)]);
  const refused = (job: CellJob): boolean =>
    hasErrors(prepared.findings) ||
    validations.some(
      ({ stage, findings }) => stage.name === job.cell.stage.name && findings.some((finding) => concerns(finding, job)),
    );
  const standing = jobs.filter((job) => !refused(job));
  const reports = new Map<string, CellReport>();
  for (const report of await runJobs(standing, prepared.stages, tool, request, pool)) reports.set(report.id, report);
  const cells = cellsShown.map((cell) => reports.get(cellId(cell)) ?? refusedReport(cell, request));
  const verdict = matrixVerdict(findings, cells);
  const shownStages = prepared.stages.map(({ stage, snapshot, live }) => ({
    name: stage.name,
    ...(snapshot ? { digest: snapshot.digest } : {}),
    ...(live ? { liveDigest: live.digest } : {}),
  }));
  // Named before the config was read and again now: a file that was edited in between is in one of the two.
  if (plan && request.verdictDir !== undefined && verdict === 'pass' && plan === (await planNameOf(request, tool)))
    await writePlan(request.verdictDir, plan, {
      stages: shownStages,
      findings,
      cells: jobs.map((job) => plannedVerdict(job, prepared.stages, tool)),
    });
  return {
    toolVersion: request.toolVersion,
    startedAtIso: request.startedAtIso,
    durationMs: performance.now() - startedAt,
    configDir: request.dir,
    ...(request.revision === undefined ? {} : { revision: request.revision }),
    ...(request.scope === undefined ? {} : { scope: request.scope }),
    stages: shownStages,
    cells,
    findings,
    verdict,
    exitCode: exitCodeOf(verdict),
  };
}

const planNameOf = async (request: VerifyRequest, tool: string): Promise<string | undefined> =>
  // A plan is named by directories alone: what was handed in as a snapshot is in none.
  request.verdictDir === undefined || request.check !== undefined || request.liveSnapshots
    ? undefined
    : planName({ ...request, tool });

/** Cells for each worker that run whatever else goes on. */
const STEADY_CELLS = 2;

const cellsOf = ({ stage, releases }: PreparedStage): Cell[] => releases.map((envoy) => ({ stage, envoy }));

/** All that can be said of a stage without an Envoy: the static guards for the Envoy versions that are asked for, and its checks' text. */
export function validateSelected(prepared: PreparedStage): StageValidation {
  const { stage, releases, rendered, isWhole, live, checks } = prepared;
  const validation = validateStage({ ...stage, envoys: releases }, rendered, live, { isWhole });
  const ofChecks = checks.findings.map((finding): Finding => ({ ...finding, stage: stage.name }));
  return { ...validation, findings: [...validation.findings, ...ofChecks] };
}

/** A change that the arithmetic refuses is rehearsed all the same: the cell shows what happens, and whether the split that it suggests holds. */
const REHEARSED = new Set(['panic-mode']);

const concerns = ({ rule, severity, envoy }: Finding, { cell }: CellJob): boolean =>
  severity === 'error' && !REHEARSED.has(rule) && (envoy === undefined || envoy.includes(cell.envoy.version));

function jobsOf(prepared: PreparedStage, request: VerifyRequest): CellJob[] {
  const { stage, snapshot, live, checks } = prepared;
  if (!snapshot) return [];
  return cellsOf(prepared).map((cell) => ({
    cell,
    proposed: snapshot,
    live,
    declared: checks.checks.filter((check) => whyNotFor(check, cell) === undefined),
    only: request.check,
    repro: request.reproOf(stage.name, cell.envoy.version),
  }));
}

/** A cell that the static guards refused: no Envoy was asked. */
function refusedReport({ stage, envoy }: Cell, request: VerifyRequest): CellReport {
  return {
    id: cellId({ stage, envoy }),
    stage: stage.name,
    envoy: envoy.version,
    verdict: 'fail',
    cached: false,
    durationMs: 0,
    steps: [],
    checks: [],
    findings: [],
    substitutions: [],
    message: 'refused by the static guards; no Envoy was started',
    repro: request.reproOf(stage.name, envoy.version),
  };
}

/** What the verdict of a cell depends on, whichever launcher starts its Envoys. */
function plannedVerdict(
  { cell, proposed, live }: CellJob,
  stages: readonly PreparedStage[],
  tool: string,
): PlannedVerdict {
  const { stage, envoy } = cell;
  return {
    digest: proposed.digest,
    liveDigest: live?.digest,
    envoy: envoy.version,
    image: envoy.image,
    checks: stages.find((prepared) => prepared.stage.name === stage.name)?.checks.digest ?? '',
    stageSettings: { name: stage.name, envoys: stage.envoys, node: stage.node, guards: stage.guards },
    tool,
  };
}

/** The jobs that have a check of that name. Rejects with `SelectionError` where none has, naming the near ones. */
async function jobsWithCheck(name: string, jobs: readonly CellJob[], prepared: Prepared): Promise<readonly CellJob[]> {
  const { deriveDefaultChecks } = await import('./checks/default/derive-default-checks.ts');
  const derived = new Map<Snapshot, readonly string[]>();
  const namesOf = ({ proposed, declared }: CellJob): readonly string[] => {
    const ofSnapshot =
      derived.get(proposed) ?? deriveDefaultChecks(withExamples(proposed, []).snapshot).map((check) => check.name);
    derived.set(proposed, ofSnapshot);
    return [...declared.map((check) => check.name), ...ofSnapshot];
  };
  const having = jobs.filter((job) => namesOf(job).includes(name));
  if (having.length > 0 || jobs.length === 0) return having;
  // It may be one of those that could not be read; what is wrong with them is then the answer.
  const unread = prepared.stages.filter(({ isWhole, checks }) => !isWhole || hasErrors(checks.findings));
  const ofUnread = jobs.filter(({ cell }) => unread.some(({ stage }) => stage.name === cell.stage.name));
  if (ofUnread.length > 0) return ofUnread;
  const known = [...new Set(jobs.flatMap(namesOf))];
  throw new SelectionError(`--check ${name}: no cell has ${wantOneOf('such a check', name, known)}`);
}

async function runJobs(
  jobs: readonly CellJob[],
  stages: readonly PreparedStage[],
  tool: string,
  request: VerifyRequest,
  pool: WorkerPool,
): Promise<CellReport[]> {
  if (jobs.length === 0) return [];
  const launcher = await launcherFor(jobs, request);
  pool.equip(launcher);
  const keyOf = (job: CellJob): VerdictKey | undefined =>
    job.only === undefined ? { ...plannedVerdict(job, stages, tool), launcher: launcher.kind } : undefined;
  return runMatrix({
    jobs,
    runner: pool,
    concurrency: request.concurrency,
    steady: { cells: request.workers * STEADY_CELLS, isIdle: machineIdle() },
    keyOf,
    cache: request.verdictDir === undefined ? memoryVerdictCache() : fileVerdictCache(request.verdictDir),
    onEvent: request.onEvent,
    signal: request.signal,
  });
}

/** One launcher for all cells; every Envoy that they start is there before the first of them runs. */
async function launcherFor(jobs: readonly CellJob[], request: VerifyRequest): Promise<LauncherSettings> {
  const releases = new Map<string, EnvoyRelease>();
  for (const { cell } of jobs) {
    for (const release of [cell.envoy, predecessorOf(cell)]) {
      if (release) releases.set(`${release.version} ${release.image ?? ''}`, release);
    }
  }
  const note = (message: string): void => request.onEvent({ kind: 'note', message });
  const { launcher: wish, cacheDir, signal } = request;
  const { settings, line } = await chooseLauncher({
    wish,
    releases: [...releases.values()],
    cacheDir,
    onProgress: note,
    signal,
  });
  note(line);
  return settings;
}
