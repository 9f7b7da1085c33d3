import { type Finding, hasErrors } from '../../render/finding.ts';
import { resourceLabel } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import type { BootedEnvoy } from '../cell/boot.ts';
import type { CellContext } from '../cell/cell-context.ts';
import { coldBoot } from '../cell/cold-boot.ts';
import { faultBehind } from '../cell/envoy-end.ts';
import { gatherEvidence } from '../cell/evidence.ts';
import type { Strain } from '../cell/strain.ts';
import type { PriorityArithmetic } from '../guards/panic-arithmetic.ts';
import type { CellJob } from '../matrix/cell-job.ts';
import type { CellEvidence } from '../report/matrix-result.ts';
import { collectHosts } from '../substitute/collect-hosts.ts';
import type { HostKey } from '../upstream/stand-in.ts';
import { startUpstreams } from '../upstream/start-upstreams.ts';
import type { UpstreamPool } from '../upstream/upstream-pool.ts';
import { liveDoesNotBoot } from './live-does-not-boot.ts';
import { awaitHealthy, endMaintenance, hurts, type TrialOutcome, tryUnderMaintenance } from './maintenance-trial.ts';
import { keysOf, type PanicCase, panicCases } from './panic-plan.ts';
import { panicStrain } from './panic-strain.ts';
import type { Timeline } from './timeline-recorder.ts';
import { withHosts } from './with-hosts.ts';

export type PanicRehearsal = {
  readonly findings: readonly Finding[];
  readonly note: string;
  readonly evidence?: CellEvidence;
  readonly timeline?: Timeline;
  /** What the health checks had to bear where a change hurt that by the arithmetic cannot, by finding. */
  readonly strains?: readonly Strain[];
};

/**
 * For every health-checked cluster that gets hosts: applies the change with the new hosts in maintenance. Panic mode must not
 * start, and no request may reach them. Where it fails, the finding says how many hosts are safe at once, and whether the split
 * that it suggests passed when it was tried on the same Envoy version.
 */
export async function rehearsePanic(job: CellJob, live: Snapshot, context: CellContext): Promise<PanicRehearsal> {
  const cases = panicCases(live, job.proposed, job.cell.stage.guards);
  if (cases.length === 0) return { findings: [], note: 'no health-checked cluster gets new hosts' };
  const newHosts = new Map(
    cases.map((one) => [
      one.cluster.name,
      keysOf(
        one,
        one.priorities.flatMap(({ added }) => added),
      ),
    ]),
  );
  const names = cases.map(({ cluster }) => cluster.name).join(', ');
  return withLiveEnvoy(job, live, context, 'panic', [...newHosts.keys()], async (envoy, upstreams) => {
    const trial = { envoy, upstreams, pki: context.pki, next: job.proposed, newHosts, signal: context.signal };
    const fromMs = performance.now();
    const outcome = await tryUnderMaintenance(trial);
    const toMs = performance.now();
    const hurt = cases.filter(({ cluster }) => hurts(outcome, cluster.name));
    const findings = [...outcome.findings];
    const strains: Strain[] = [];
    for (const one of hurt) {
      const finding = panicFinding(job, one, outcome, await trySplit(job, live, one, context));
      findings.push(finding);
      const isSafe = one.priorities.every(({ safe }) => safe);
      if (isSafe) strains.push(panicStrain(finding.saw, one.cluster, [envoy], { fromMs, toMs }));
    }
    const evidence = hasErrors(findings) ? { evidence: await gatherEvidence(envoy) } : {};
    const { timeline } = outcome;
    const told = timeline ? { timeline } : {};
    return { findings, note: `new hosts in maintenance: ${names}`, ...told, strains, ...evidence };
  });
}

/** Boots an Envoy of the cell on the live snapshot, waits until the clusters are healthy, and hands it over. */
async function withLiveEnvoy<T extends { readonly findings: readonly Finding[] }>(
  job: CellJob,
  live: Snapshot,
  context: CellContext,
  role: string,
  clusters: readonly string[],
  act: (envoy: BootedEnvoy, upstreams: UpstreamPool) => Promise<T>,
): Promise<T | { readonly findings: readonly Finding[]; readonly note: string }> {
  const { pki, launcher, signal } = context;
  await using upstreams = await startUpstreams({ pki, host: launcher.listenAddress });
  await upstreams.ensure([...collectHosts(live), ...collectHosts(job.proposed)]);
  const boot = await coldBoot({ ...context, cell: job.cell, snapshot: live, upstreams, role, readyTimeoutMs: 15_000 });
  if (!boot.envoy) return liveDoesNotBoot(boot.findings);
  await using envoy = boot.envoy;
  if (hasErrors(boot.findings)) return liveDoesNotBoot(boot.findings);
  try {
    await awaitHealthy(envoy, clusters, signal);
    return await act(envoy, upstreams); // not before: leaving this block ends the Envoy
  } catch (error) {
    signal.throwIfAborted();
    const fault = await faultBehind(error, envoy, live);
    if (fault) return { findings: [fault], note: 'Envoy was lost in the middle' };
    throw error;
  }
}

type Split =
  | { readonly kind: 'passed' | 'failed'; readonly steps: readonly (readonly string[])[] }
  | { readonly kind: 'none' };

/** Takes the suggested steps one after the other, each with its new hosts in maintenance until it is judged. */
async function trySplit(job: CellJob, live: Snapshot, one: PanicCase, context: CellContext): Promise<Split> {
  const unsafe = one.priorities.find(({ safe }) => !safe);
  if (!unsafe || unsafe.steps.length < 2) return { kind: 'none' };
  const { steps, priority } = unsafe;
  const tried = await withLiveEnvoy(job, live, context, 'panic-split', [one.cluster.name], async (envoy, upstreams) => {
    let present = new Set(one.live.hosts.map(({ address }) => address));
    for (const step of steps) {
      const added = step.filter((address) => !present.has(address));
      const newHosts = new Map<string, readonly HostKey[]>([[one.cluster.name, keysOf(one, added)]]);
      const next = withHosts(job.proposed, one.live, one.proposed, priority, step);
      const trial = { envoy, upstreams, pki: context.pki, next, newHosts, signal: context.signal };
      const outcome = await tryUnderMaintenance(trial);
      if (outcome.findings.length > 0 || hurts(outcome, one.cluster.name))
        return { findings: outcome.findings, passed: false };
      await endMaintenance(trial);
      present = new Set(step);
    }
    return { findings: [], passed: true };
  });
  return { kind: 'passed' in tried && tried.passed ? 'passed' : 'failed', steps };
}

const sizes = (steps: readonly (readonly string[])[]): string => steps.map((step) => step.length).join(' → ');

function arithmeticWords({ healthyKept, added, markedDown, thresholdPercent, priority }: PriorityArithmetic): string {
  const all = healthyKept + added.length + markedDown;
  const percent = all === 0 ? 0 : Math.floor((100 * healthyKept) / all);
  return `priority ${priority}: ${healthyKept} healthy hosts stay and ${added.length} join, so ${healthyKept} of ${all} (${percent} %) are healthy against a panic threshold of ${thresholdPercent} %`;
}

function panicFinding(job: CellJob, one: PanicCase, outcome: TrialOutcome, split: Split): Finding {
  const { name } = one.cluster;
  const unsafe = one.priorities.filter(({ safe }) => !safe);
  const shown = unsafe.length > 0 ? unsafe : one.priorities;
  const [worst] = shown;
  const before = one.live.hosts.length;
  const none = outcome.withoutHost.get(name) ?? 0;
  const without = none > 0 ? `, ${none} requests without any healthy host` : '';
  const tried =
    split.kind === 'none'
      ? 'no split of this change is safe: raise the number of healthy hosts or lower the panic threshold first'
      : split.kind === 'passed'
        ? `split it: ${before} → ${sizes(split.steps)} hosts, each step once the one before is healthy (tried on this Envoy: passed)`
        : `the split ${before} → ${sizes(split.steps)} hosts does not hold either (tried on this Envoy: failed): raise the number of healthy hosts or lower the panic threshold first`;
  return {
    rule: 'panic-rehearsal-failed',
    severity: 'error',
    at: one.proposed.owner.at,
    saw: `with the new hosts in maintenance, ${outcome.panics.get(name) ?? 0} picks in panic mode and ${outcome.reached.get(name) ?? 0} requests to hosts in maintenance${without}; ${shown.map(arithmeticWords).join('; ')}`,
    want: `no panic and no request to them: at most ${worst?.largestSafeStep ?? 0} hosts at once; ${tried}`,
    resource: resourceLabel(one.cluster),
    stage: job.cell.stage.name,
    envoy: [job.cell.envoy.version],
  };
}
