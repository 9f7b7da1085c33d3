import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verdict } from '../../conformance/cell.ts';
import { whyNotFor } from '../../conformance/checks/applies-to-cell.ts';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/envoy-binary.ts';
import type { CellJob } from '../../conformance/matrix/cell-job.ts';
import { runMatrix } from '../../conformance/matrix/run-matrix.ts';
import { memoryVerdictCache } from '../../conformance/matrix/verdict-cache.ts';
import { startWorkerPool } from '../../conformance/matrix/worker-pool.ts';
import { prepareStages } from '../../conformance/prepare-stages.ts';
import { type CellReport, findingsOfCell, matrixVerdict } from '../../conformance/report/matrix-result.ts';
import { mergeStages } from '../../conformance/validate.ts';
import { validateSelected } from '../../conformance/verify.ts';
import type { Finding } from '../../render/finding.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';

export type Question = {
  readonly name: string;
  readonly dir: string;
  readonly envoy: string;
  /** Default: the first one. */
  readonly stage?: string;
  /** Only this check, without rehearsals. */
  readonly check?: string;
};

/** What `./mesh verify --config DIR --envoy VERSION --stage STAGE --check NAME --launcher process` would have said. */
export type Answer = Question & {
  readonly verdict: Verdict;
  /** All of them, those of the static guards first. */
  readonly findings: readonly Finding[];
  /** Undefined where the static guards had refused the config already. */
  readonly cell: CellReport | undefined;
};

export type ManyOptions = {
  readonly signal: AbortSignal;
  /** Cells that run at once; default 2 for each core. */
  readonly concurrency?: number;
};

/**
 * Verifies a stage of each of many mesh configs on one set of workers. The parts are those of `verifyMesh`, in its order; a run of
 * `verifyMesh` for each config would spend most of its time on starting workers.
 */
export async function verifyMany(questions: readonly Question[], options: ManyOptions): Promise<readonly Answer[]> {
  const { signal, concurrency = availableParallelism() * 2 } = options;
  const answers = new Map<Question, Answer>();
  const answer = (question: Question, findings: readonly Finding[], cell: CellReport | undefined): void => {
    const all = [...findings, ...(cell ? findingsOfCell(cell).map(({ finding }) => finding) : [])];
    const verdict = matrixVerdict(findings, cell ? [cell] : []);
    answers.set(question, { ...question, verdict, findings: all, cell });
  };
  const asked = new Map<CellJob, { readonly question: Question; readonly findings: readonly Finding[] }>();
  for (const question of questions) {
    const prepared = await prepareStages({
      dir: question.dir,
      liveDir: undefined,
      selection: { stages: question.stage === undefined ? [] : [question.stage], envoys: [question.envoy] },
      defaultEnvoyVersions: PINNED_ENVOY_VERSIONS,
      jsonnet: async () => ({ kind: 'failed', cause: 'error', message: 'no Jsonnet in these configs' }),
      signal,
    });
    const findings = [...prepared.findings, ...mergeStages(prepared.stages.map(validateSelected))];
    const [stage] = prepared.stages;
    const [envoy] = stage?.releases ?? [];
    if (!stage?.snapshot || !envoy || findings.some(({ severity }) => severity === 'error'))
      answer(question, findings, undefined);
    else {
      const cell = { stage: stage.stage, envoy };
      const declared = stage.checks.checks.filter((check) => whyNotFor(check, cell) === undefined);
      asked.set(
        { cell, proposed: stage.snapshot, live: undefined, declared, only: question.check, repro: '' },
        { question, findings },
      );
    }
  }
  const scratchDir = await mkdtemp(join(tmpdir(), 'meshgate-many-'));
  try {
    await using pool = startWorkerPool({
      workers: availableParallelism(),
      launcher: { kind: 'process', cacheDir: cacheDirOf(process.env) },
      scripts: { path: process.env.PATH ?? '', lang: 'C.UTF-8' },
      scratchDir,
    });
    const jobs = [...asked];
    // What a run of the matrix says of its cells, not what a worker said of one: a busy machine is no fault of a config.
    const reports = await runMatrix({
      jobs: jobs.map(([job]) => job),
      runner: pool,
      concurrency,
      keyOf: () => undefined,
      cache: memoryVerdictCache(),
      onEvent: () => {},
      signal,
    });
    for (const [index, [, { question, findings }]] of jobs.entries()) answer(question, findings, reports[index]);
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
  return questions.flatMap((question) => answers.get(question) ?? []);
}
