import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrors } from '../../render/finding.ts';
import { possibleSnapshots, withExamples } from '../../render/generators/with-examples.ts';
import { cellId, worstOf } from '../cell.ts';
import { LauncherError } from '../launcher/envoy-launcher.ts';
import type { CellJob } from '../matrix/cell-job.ts';
import { rehearse } from '../rehearsal/rehearse.ts';
import type { CellEvidence, CellReport } from '../report/matrix-result.ts';
import { STEP_NAMES } from '../report/step-name.ts';
import { withDiscoveredHosts } from '../substitute/discovered-hosts.ts';
import { type BootAndChecks, bootAndCheck } from './boot-and-check.ts';
import type { CellContext } from './cell-context.ts';
import { emptyReport, inconclusiveReport } from './inconclusive-report.ts';
import { validateAsWritten } from './static-validation.ts';
import { stepRecorder } from './step-recorder.ts';

let runs = 0;

/**
 * Judges one cell: Envoy's own word on the bytes as written, cold boot, checks, rehearsals of the change and of panic. Resolves
 * with a report whatever happens: what the harness could not tell is `inconclusive`, with the reason. Leaves nothing running.
 */
export async function runCell(asked: CellJob, context: CellContext): Promise<CellReport> {
  const job = withHostsFound(asked);
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
    steps: recorder.steps.toSorted((a, b) => STEP_NAMES.indexOf(a.name) - STEP_NAMES.indexOf(b.name)),
    findings: [...recorder.findings],
  });
  try {
    await mkdir(scratchDir, { recursive: true });
    const narrowed = job.only !== undefined;
    const inner = { ...context, scratchDir, signal };
    const booted = Promise.withResolvers<boolean>();
    const [, boot, rehearsed] = await allOrNone<
      [unknown, BootAndChecks, { readonly evidence?: CellEvidence } | undefined]
    >(over, [
      narrowed ? Promise.resolve(undefined) : recorder.step('static validation', () => askEnvoy(asked, inner)),
      bootAndCheck(job, inner, recorder, booted.resolve).finally(() => booted.resolve(false)),
      // Beside the checks, which wait most of the time, and have an Envoy and stand-ins of their own. A configuration that does not
      // boot is not rehearsed: every rehearsal would fail for the same reason, at length.
      booted.promise.then((hasBooted) => (hasBooted && !narrowed ? rehearse(job, inner, recorder) : undefined)),
    ]);
    return {
      ...emptyReport(job),
      ...steps(),
      verdict: worstOf(recorder.steps.map(({ verdict }) => verdict)),
      checks: boot.checks,
      substitutions: boot.substitutions,
      ...(recorder.strains.length > 0 ? { strains: [...recorder.strains] } : {}),
      ...(recorder.timelines.length > 0 ? { rehearsals: [...recorder.timelines] } : {}),
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

/** With the made-up services of generators first: their clusters have hosts to be found too. */
function withHostsFound(job: CellJob): CellJob {
  const envoys = [job.cell.envoy.version];
  const proposed = withExamples(job.proposed, envoys).snapshot;
  const live = job.live && withExamples(job.live, envoys).snapshot;
  return {
    ...job,
    proposed: withDiscoveredHosts(proposed, live),
    live: live && withDiscoveredHosts(live, proposed),
  };
}

/** Waits for all of them whatever happens, so that nothing runs on when one has failed; the first failure ends the others early. */
async function allOrNone<T extends readonly unknown[]>(
  over: AbortController,
  all: { readonly [K in keyof T]: PromiseLike<T[K]> },
): Promise<T> {
  for (const one of all) one.then(undefined, (error: unknown) => over.abort(error));
  await Promise.allSettled(all);
  if (over.signal.aborted) throw over.signal.reason;
  return (await Promise.all(all)) as unknown as T;
}

const withEvidence = (evidence: CellEvidence | undefined): Pick<CellReport, 'evidence'> =>
  evidence ? { evidence } : {};

const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${describeError(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
};

/** A stage with generators as it is without a service, with one and with several. */
async function askEnvoy({ proposed, cell }: CellJob, { launcher, pki, scratchDir, signal }: CellContext) {
  const release = cell.envoy;
  for (const snapshot of possibleSnapshots(proposed, [release.version])) {
    const findings = await validateAsWritten({ snapshot, release, launcher, pki, scratchDir, signal });
    if (findings.length > 0) return { findings };
  }
  return { findings: [] };
}
