import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvoyRelease } from '../../render/config/mesh-config.ts';
import { type Finding, hasErrors } from '../../render/finding.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { askAdmin } from '../admin/admin-client.ts';
import type { BootedEnvoy } from '../cell/boot.ts';
import { judgeBoot } from '../cell/boot-outcome.ts';
import type { CellContext } from '../cell/cell-context.ts';
import { coldBoot } from '../cell/cold-boot.ts';
import { endFinding, endWithin, faultBehind } from '../cell/envoy-end.ts';
import { gatherEvidence } from '../cell/evidence.ts';
import type { RunningCell } from '../cell/running-cell.ts';
import { type Strain, shortestLimitMs } from '../cell/strain.ts';
import { createClient } from '../client/client.ts';
import { startTraffic } from '../client/traffic.ts';
import type { CellJob } from '../matrix/cell-job.ts';
import type { CellEvidence } from '../report/matrix-result.ts';
import { collectHosts } from '../substitute/collect-hosts.ts';
import { startUpstreams } from '../upstream/start-upstreams.ts';
import { panicStrains } from './panic-strain.ts';
import { leastStrain } from './request-strain.ts';
import { type Timeline, timelineRecorder } from './timeline-recorder.ts';
import { isAskedFor, trafficFindings } from './traffic-findings.ts';
import { planTraffic } from './traffic-plan.ts';
import { readUpdateCounters, updateFindings } from './update-findings.ts';

/**
 * `in-place`: one Envoy takes the change. `config-first`: the older Envoy takes it, then the newer one takes over. `envoy-first`:
 * the newer Envoy takes over on the live configuration, then takes the change.
 */
export type UpgradeOrder = 'in-place' | 'config-first' | 'envoy-first';
const ACTS = {
  'in-place': ['change'],
  'config-first': ['change', 'take over'],
  'envoy-first': ['take over', 'change'],
} as const satisfies Record<UpgradeOrder, readonly string[]>;

export type ChangeRehearsal = {
  readonly job: CellJob;
  readonly live: Snapshot;
  readonly order: UpgradeOrder;
  /** The Envoy that is taken over from, in both upgrade orders. */
  readonly predecessor: EnvoyRelease | undefined;
};
export type Rehearsed = {
  readonly findings: readonly Finding[];
  /** Requests that were sent while it went on. */
  readonly requests: number;
  /** The first Envoy did not take the live configuration, so nothing was rehearsed. */
  readonly refusedLive?: true;
  readonly evidence?: CellEvidence;
  /** What failed requests, and the health checks of clusters that panicked, had to bear, by finding. */
  readonly strains?: readonly Strain[];
  /** What happened to its traffic; absent where there was none. */
  readonly timeline?: Timeline;
};

const READY_TIMEOUT_MS = 15_000;
/** Traffic runs this long before and after each act: what breaks with a delay (drains, closed connections) shows within it. */
const SETTLE_MS = 250;
/**
 * Stand-ins answer in milliseconds, so that so many waiting requests mean a machine that cannot keep up: more of them (each with a
 * TLS handshake, perhaps) would only make every one of them late, and a slow machine look like a bad configuration.
 */
const MAX_IN_FLIGHT = 32;
/** What an Envoy that was taken over from still has in hand is answered by then: stand-ins answer in milliseconds. */
const HAND_OVER_MS = 150;

/** Applies *live → proposed* to running Envoys under traffic. Rejects only for the harness's own faults. */
export async function rehearseChange(rehearsal: ChangeRehearsal, context: CellContext): Promise<Rehearsed> {
  const { job, live, order, predecessor } = rehearsal;
  const { pki, launcher, signal } = context;
  await using upstreams = await startUpstreams({ pki, host: launcher.listenAddress });
  await upstreams.ensure([...collectHosts(live), ...collectHosts(job.proposed)]);
  await using running = new AsyncDisposableStack();
  const findings: Finding[] = [];
  const strains: Strain[] = [];
  const envoys: BootedEnvoy[] = [];

  const start = async (release: EnvoyRelease, snapshot: Snapshot): Promise<BootedEnvoy | undefined> => {
    const role = `${order}-${snapshot === live ? 'live' : 'proposed'}`;
    const options = {
      ...context,
      cell: job.cell,
      release,
      snapshot,
      upstreams,
      role,
      readyTimeoutMs: READY_TIMEOUT_MS,
    };
    const boot = await coldBoot(options);
    if (boot.envoy) {
      running.use(boot.envoy);
      envoys.push(boot.envoy);
    }
    if (!hasErrors(boot.findings)) return boot.envoy;
    findings.push(
      ...errorsAmong(boot.findings).map((finding) => ({
        ...finding,
        saw: `${finding.saw} (${whileDoing(order, release, snapshot === live)})`,
      })),
    );
    return undefined;
  };

  const first = order === 'in-place' ? job.cell.envoy : (predecessor ?? job.cell.envoy);
  let serving = await start(first, live);
  if (!serving) return { findings, requests: 0, refusedLive: true };
  let view: RunningCell = await serving.running();
  let phase = 'before the change';
  const phases = [{ atMs: 0, phase }];
  const recorder = timelineRecorder(performance.now());
  recorder.phase(performance.now(), phase);
  const enter = (next: string): void => {
    phase = next;
    phases.push({ atMs: performance.now(), phase });
    recorder.phase(performance.now(), phase);
  };

  const plan = planTraffic(live, job.proposed);
  await using client = createClient({ pki, signal });
  const traffic =
    plan.length === 0
      ? undefined
      : startTraffic({
          client,
          requests: plan.map(({ request }) => request),
          addressOf: (listener) => view.listenerAddress(listener),
          requestsPerSecond: job.cell.stage.guards.rehearsalRequestsPerSecond,
          maxInFlight: MAX_IN_FLIGHT,
          isFailure: (answer, request) => {
            const planned = plan.find((known) => known.request === request);
            return planned !== undefined && !isAskedFor(answer, planned);
          },
          onAnswer: recorder.answered,
        });

  // Before the client goes: whatever happens below, no request is sent after this function has returned.
  await using stopping = new AsyncDisposableStack();
  stopping.defer(async () => void (await traffic?.stop()));

  /** Resolves with whether it went well enough to go on. */
  const change = async (envoy: BootedEnvoy): Promise<boolean> => {
    const { adminUrl } = envoy.envoy;
    const fromMs = performance.now();
    const [before, servedBefore] = [await readUpdateCounters(adminUrl, signal), envoy.served()];
    recorder.panic(performance.now(), before.panic);
    enter('while the configuration changed');
    envoy.serve(job.proposed);
    // What Envoy only warns of, the cold boot has told already.
    const taken = errorsAmong(await judgeBoot(envoy, job.proposed, signal));
    findings.push(
      ...taken.map((finding) => ({ ...finding, saw: `${finding.saw} (on its way from the live configuration)` })),
    );
    if (hasErrors(taken)) return false;
    view = await envoy.running();
    await sleep(SETTLE_MS, undefined, { signal });
    const after = await readUpdateCounters(adminUrl, signal);
    recorder.panic(performance.now(), after.panic);
    const served = { before: servedBefore, after: envoy.served() };
    const states = { live, proposed: job.proposed };
    const moved = updateFindings({ before, after, served, ...states, envoy: envoy.release.version });
    findings.push(...moved);
    strains.push(...panicStrains(moved, job.proposed, envoys, { fromMs, toMs: performance.now() }));
    return true;
  };

  const takeOver = async (old: BootedEnvoy, snapshot: Snapshot): Promise<BootedEnvoy | undefined> => {
    enter(`while Envoy ${job.cell.envoy.version} took over from ${old.release.version}`);
    const next = await start(job.cell.envoy, snapshot);
    if (!next) return undefined;
    view = await next.running();
    await askAdmin(old.envoy.adminUrl, '/drain_listeners?graceful', 'POST', { signal });
    await sleep(HAND_OVER_MS, undefined, { signal });
    // On a slow machine what was sent to the old one may be under way still; ending it then would be the harness's doing.
    await traffic?.answered();
    await old[Symbol.asyncDispose]();
    return next;
  };

  let current = live;
  try {
    await sleep(SETTLE_MS, undefined, { signal });
    for (const act of ACTS[order]) {
      if (act === 'change') {
        const taken = await change(serving);
        current = job.proposed;
        if (!taken) break;
      } else {
        const next = await takeOver(serving, current);
        if (!next) break;
        serving = next;
        await sleep(SETTLE_MS, undefined, { signal });
      }
    }
    const end = await endWithin(serving);
    if (end) findings.push(endFinding(serving, end, current));
  } catch (error) {
    signal.throwIfAborted();
    const fault = await faultBehind(error, serving, current);
    if (!fault) throw error;
    findings.push(fault);
  }
  const report = await traffic?.stop();
  const scope = { stage: job.cell.stage.name, envoy: [job.cell.envoy.version] };
  const phaseAt = (atMs: number): string => phases.findLast((known) => known.atMs <= atMs)?.phase ?? phase;
  const limitMs = Math.min(shortestLimitMs(live), shortestLimitMs(job.proposed));
  for (const failed of report ? trafficFindings(report, plan, phaseAt, scope) : []) {
    findings.push(failed.finding);
    strains.push(leastStrain(failed, envoys, limitMs));
  }
  const evidence = hasErrors(findings) ? { evidence: await gatherEvidence(serving) } : {};
  const timeline = recorder.read();
  return { findings, requests: report?.sent ?? 0, strains, ...(timeline ? { timeline } : {}), ...evidence };
}

const errorsAmong = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ severity }) => severity === 'error');

const whileDoing = (order: UpgradeOrder, release: EnvoyRelease, live: boolean): string =>
  `starting Envoy ${release.version} on the ${live ? 'live' : 'proposed'} configuration, ${order === 'in-place' ? 'to rehearse the change' : `upgrade order: ${order === 'config-first' ? 'config first' : 'Envoy first'}`}`;
