import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, hasErrors } from '../../render/finding.ts';
import { askAdmin } from '../admin/admin-client.ts';
import { cellId, worstOf } from '../cell.ts';
import type { CheckResult } from '../checks/check.ts';
import { deriveDefaultChecks } from '../checks/default/derive-default-checks.ts';
import { runChecks } from '../checks/run-checks.ts';
import type { ScriptSettings } from '../checks/script/run-script.ts';
import { createClient } from '../client/client.ts';
import { LauncherError } from '../launcher/envoy-launcher.ts';
import type { CellJob } from '../matrix/cell-job.ts';
import { rehearse } from '../rehearsal/rehearse.ts';
import type { CellEvidence, CellReport } from '../report/matrix-result.ts';
import type { MatrixEvent } from '../report/progress.ts';
import { collectHosts } from '../substitute/collect-hosts.ts';
import type { Substitution } from '../substitute/substitution.ts';
import { startUpstreams } from '../upstream/start-upstreams.ts';
import type { CellEquipment } from './boot.ts';
import { coldBoot } from './cold-boot.ts';
import { faultBehind } from './envoy-end.ts';
import { gatherEvidence } from './evidence.ts';
import { emptyReport, inconclusiveReport } from './inconclusive-report.ts';
import { validateAsWritten } from './static-validation.ts';
import { type StepRecorder, stepRecorder } from './step-recorder.ts';

export type CellContext = CellEquipment & {
  /** What check scripts find their programs by. */
  readonly scripts: ScriptSettings;
  /** Parent of this cell's own directory, which is gone when the cell is over. */
  readonly scratchDir: string;
  readonly onEvent: (event: MatrixEvent) => void;
  readonly signal: AbortSignal;
};

let runs = 0;

/** Envoy's admin answers after some 75 ms; two hundred times that is not the machine's load any more. */
const READY_TIMEOUT_MS = 15_000;

/**
 * Judges one cell: Envoy's own word on the bytes as written, cold boot, checks, rehearsals of the change and of panic. Resolves
 * with a report whatever happens: what the harness could not tell is `inconclusive`, with the reason. Leaves nothing running.
 */
export async function runCell(job: CellJob, context: CellContext): Promise<CellReport> {
  const startedAt = performance.now();
  const id = cellId(job.cell);
  runs += 1;
  const scratchDir = join(context.scratchDir, `${id}-${process.pid}-${runs}`.replaceAll(/[^\w.@-]/g, '_'));
  const recorder = stepRecorder((step) => context.onEvent({ kind: 'step-started', id, step }));
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const steps = (): Pick<CellReport, 'launcher' | 'durationMs' | 'steps' | 'findings'> => ({
    launcher: context.launcher.kind,
    durationMs: performance.now() - startedAt,
    steps: [...recorder.steps],
    findings: [...recorder.findings],
  });
  try {
    await mkdir(scratchDir, { recursive: true });
    const narrowed = job.only !== undefined;
    const inner = { ...context, scratchDir, signal };
    const [, boot] = await allOrNone<unknown, BootAndChecks>(over, [
      narrowed ? Promise.resolve(undefined) : recorder.step('static validation', () => askEnvoy(job, inner)),
      bootAndCheck(job, inner, recorder),
    ]);
    // A configuration that does not boot cannot be rehearsed: every rehearsal would fail for the same reason, at length.
    const rehearsed = narrowed || !boot.booted ? undefined : await rehearse(job, inner, recorder);
    return {
      ...emptyReport(job),
      ...steps(),
      verdict: worstOf(recorder.steps.map(({ verdict }) => verdict)),
      checks: boot.checks,
      substitutions: boot.substitutions,
      ...withEvidence(boot.evidence ?? rehearsed?.evidence),
    };
  } catch (error) {
    const message = error instanceof LauncherError ? error.message : `the harness broke: ${describeError(error)}`;
    // What Envoy refused before the harness broke stays refused.
    const verdict = hasErrors(recorder.findings) ? 'fail' : 'inconclusive';
    return { ...inconclusiveReport(job, message), ...steps(), verdict };
  } finally {
    await rm(scratchDir, { recursive: true, force: true }).catch(() => {});
  }
}

/** Waits for all of them whatever happens, so that nothing runs on when one has failed; the first failure ends the others early. */
async function allOrNone<A, B>(
  over: AbortController,
  both: readonly [PromiseLike<A>, PromiseLike<B>],
): Promise<[A, B]> {
  for (const one of both) one.then(undefined, (error: unknown) => over.abort(error));
  await Promise.allSettled(both);
  if (over.signal.aborted) throw over.signal.reason;
  return Promise.all(both);
}

const withEvidence = (evidence: CellEvidence | undefined): Pick<CellReport, 'evidence'> =>
  evidence ? { evidence } : {};

const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${describeError(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
};

async function askEnvoy({ proposed, cell }: CellJob, { launcher, pki, scratchDir, signal }: CellContext) {
  const release = cell.envoy;
  return { findings: await validateAsWritten({ snapshot: proposed, release, launcher, pki, scratchDir, signal }) };
}

type BootAndChecks = {
  readonly booted: boolean;
  readonly checks: readonly CheckResult[];
  readonly substitutions: readonly Substitution[];
  readonly evidence?: CellEvidence;
};

/** Cold boot, then the checks on the same Envoy. */
async function bootAndCheck(job: CellJob, context: CellContext, recorder: StepRecorder): Promise<BootAndChecks> {
  const { pki, launcher, signal } = context;
  await using upstreams = await startUpstreams({ pki, host: launcher.listenAddress });
  await upstreams.ensure(collectHosts(job.proposed));
  const boots = await recordBoot(job, { ...context, upstreams }, recorder);
  if (!boots.envoy) return { booted: false, checks: [], substitutions: [] };
  await using envoy = boots.envoy;
  const { substitutions } = envoy;
  if (hasErrors(boots.findings))
    return { booted: false, checks: [], substitutions, evidence: await gatherEvidence(envoy) };
  const all = [...deriveDefaultChecks(job.proposed), ...job.declared];
  const wanted = job.only === undefined ? all : all.filter(({ name }) => name === job.only);
  let checks: readonly CheckResult[] = [];
  let lost: Finding | undefined;
  const { verdict } = await recorder.step('checks', async () => {
    await using client = createClient({ pki, signal });
    const deps = { client, scripts: context.scripts, newRequestId: randomUUID };
    try {
      checks = await runChecks(wanted, await envoy.running(), deps);
      // Checks of an Envoy that ended or hung in the middle fail, and say nothing of the configuration.
      if (checks.some(({ outcome }) => outcome.kind === 'fail'))
        await askAdmin(envoy.envoy.adminUrl, '/ready', 'GET', { signal });
    } catch (error) {
      signal.throwIfAborted();
      lost = await faultBehind(error, envoy, job.proposed);
      if (lost) return { findings: [lost] };
      throw error;
    }
    const failed = checks.filter(({ outcome }) => outcome.kind === 'fail').length;
    const skipped = checks.filter(({ outcome }) => outcome.kind === 'skip').length;
    return {
      findings: [],
      verdict: failed > 0 ? 'fail' : 'pass',
      note: `${checks.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped`,
    };
  });
  return {
    booted: lost === undefined,
    checks,
    substitutions,
    ...(verdict === 'pass' ? {} : withEvidence(await gatherEvidence(envoy))),
  };
}

async function recordBoot(
  job: CellJob,
  context: CellContext & { readonly upstreams: Awaited<ReturnType<typeof startUpstreams>> },
  recorder: StepRecorder,
) {
  let boot: Awaited<ReturnType<typeof coldBoot>> | undefined;
  await recorder.step('cold boot', async () => {
    const { cell, proposed: snapshot } = job;
    boot = await coldBoot({ ...context, cell, snapshot, role: 'cold-boot', readyTimeoutMs: READY_TIMEOUT_MS });
    return { findings: boot.findings };
  });
  if (!boot) throw new Error('unreachable: the step ran');
  return boot;
}
