import { randomUUID } from 'node:crypto';
import { type Finding, hasErrors } from '../../render/finding.ts';
import { askAdmin } from '../admin/admin-client.ts';
import type { Check, CheckResult, RequestCheck, TcpCheck } from '../checks/check.ts';
import { deriveDefaultChecks } from '../checks/default/derive-default-checks.ts';
import { runChecks } from '../checks/run-checks.ts';
import { createClient } from '../client/client.ts';
import type { CellJob } from '../matrix/cell-job.ts';
import type { CellEvidence } from '../report/matrix-result.ts';
import { collectHosts } from '../substitute/collect-hosts.ts';
import type { Substitution } from '../substitute/substitution.ts';
import { startUpstreams } from '../upstream/start-upstreams.ts';
import type { UpstreamPool } from '../upstream/upstream-pool.ts';
import type { BootedEnvoy } from './boot.ts';
import type { CellContext } from './cell-context.ts';
import { type ColdBoot, coldBoot } from './cold-boot.ts';
import { faultBehind } from './envoy-end.ts';
import { gatherEvidence } from './evidence.ts';
import type { StepRecorder } from './step-recorder.ts';
import { type Strain, shortestLimitMs, strainOf } from './strain.ts';

/** Envoy's admin answers after some 75 ms; two hundred times that is not the machine's load any more. */
const READY_TIMEOUT_MS = 15_000;

export type BootAndChecks = {
  /** It booted, and still ran when the checks were over: there is something to rehearse. */
  readonly booted: boolean;
  readonly checks: readonly CheckResult[];
  readonly substitutions: readonly Substitution[];
  readonly evidence?: CellEvidence;
};

/**
 * Cold boot, then the checks on the same Envoy. `onBooted` is told whether it booted as soon as that is known, while the checks go
 * on. Rejects with the harness's own faults, `LauncherError` among them.
 */
export async function bootAndCheck(
  job: CellJob,
  context: CellContext,
  recorder: StepRecorder,
  onBooted: (booted: boolean) => void,
): Promise<BootAndChecks> {
  const { pki, launcher, signal } = context;
  await using upstreams = await startUpstreams({ pki, host: launcher.listenAddress });
  await upstreams.ensure(collectHosts(job.proposed));
  const boots = await recordBoot(job, { ...context, upstreams }, recorder);
  if (!boots.envoy) return { booted: false, checks: [], substitutions: [] };
  await using envoy = boots.envoy;
  const { substitutions } = envoy;
  if (hasErrors(boots.findings))
    return { booted: false, checks: [], substitutions, evidence: await gatherEvidence(envoy) };
  onBooted(true);
  const all = [...deriveDefaultChecks(job.proposed), ...job.declared];
  const wanted = job.only === undefined ? all : all.filter(({ name }) => name === job.only);
  let checks: readonly CheckResult[] = [];
  let lost: Finding | undefined;
  const strains: Strain[] = [];
  const limitMs = shortestLimitMs(job.proposed);
  const { verdict } = await recorder.step('checks', async () => {
    await using client = createClient({ pki, signal });
    const deps = { client, scripts: context.scripts, newRequestId: randomUUID };
    try {
      checks = await runChecks(wanted, await envoy.running(), deps, (result) => {
        if (result.outcome.kind === 'fail') strains.push(strainOfCheck(result, wanted, envoy, limitMs));
      });
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
      strains,
      note: `${checks.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped`,
    };
  });
  return {
    booted: lost === undefined,
    checks,
    substitutions,
    ...(verdict === 'pass' ? {} : { evidence: await gatherEvidence(envoy) }),
  };
}

/** The limits of the check itself count as those of the configuration do. */
function strainOfCheck(
  { name, durationMs }: CheckResult,
  checks: readonly Check[],
  envoy: BootedEnvoy,
  limitMs: number,
): Strain {
  const check = checks.find((one) => one.name === name);
  const {
    max = limitMs,
    p50 = limitMs,
    p99 = limitMs,
  } = check?.kind === 'request' ? (check.expect.latencyMs ?? {}) : {};
  const ownMs = check?.kind === 'request' || check?.kind === 'tcp' ? timeoutOf(check) : limitMs;
  const spanMs = Math.min(limitMs, ownMs, max, p50, p99);
  const toMs = performance.now();
  return strainOf(name, spanMs, envoy.starved(toMs - durationMs, toMs, spanMs));
}

const timeoutOf = (check: RequestCheck | TcpCheck): number =>
  check.kind === 'tcp' ? check.timeoutMs : check.request.timeoutMs;

async function recordBoot(
  job: CellJob,
  context: CellContext & { readonly upstreams: UpstreamPool },
  recorder: StepRecorder,
): Promise<ColdBoot> {
  let boot: ColdBoot | undefined;
  await recorder.step('cold boot', async () => {
    const { cell, proposed: snapshot } = job;
    const how = { role: 'cold-boot', healthAtOnce: true, readyTimeoutMs: READY_TIMEOUT_MS };
    boot = await coldBoot({ ...context, cell, snapshot, ...how });
    return { findings: boot.findings };
  });
  if (!boot) throw new Error('unreachable: the step ran');
  return boot;
}
