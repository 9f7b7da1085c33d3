import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../render/finding.ts';
import { hasErrors } from '../../render/finding.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { readClusters } from '../admin/clusters.ts';
import type { BootedEnvoy } from '../cell/boot.ts';
import { judgeBoot } from '../cell/boot-outcome.ts';
import { HEALTH_CHECK_MAX_INTERVAL_MS, PROBE_CLUSTER_HEADER, PROBE_LISTENER } from '../cell/bootstrap.ts';
import type { CellPki } from '../cell/running-cell.ts';
import type { RequestSpec } from '../checks/check.ts';
import { createClient } from '../client/client.ts';
import type { ClientAnswer } from '../client/client-answer.ts';
import { startTraffic } from '../client/traffic.ts';
import { pollUntil } from '../poll-until.ts';
import { type HostKey, hostKeyText } from '../upstream/stand-in.ts';
import type { UpstreamPool } from '../upstream/upstream-pool.ts';
import { type Timeline, timelineRecorder } from './timeline-recorder.ts';
import { panicsBetween, readUpdateCounters } from './update-findings.ts';

/** What one step did to each cluster that it gave hosts to, with every new host in maintenance. */
export type TrialOutcome = {
  /** Why the step could not even be taken (a NACK, a crash). */
  readonly findings: readonly Finding[];
  readonly panics: ReadonlyMap<string, number>;
  /** Requests that reached a host in maintenance, by cluster. */
  readonly reached: ReadonlyMap<string, number>;
  /** Requests for which there was no healthy host at all, by cluster: with a panic threshold of 0 that is what is left. */
  readonly withoutHost: ReadonlyMap<string, number>;
  readonly timeline?: Timeline;
};

export type Trial = {
  readonly envoy: BootedEnvoy;
  readonly upstreams: UpstreamPool;
  readonly pki: CellPki;
  readonly next: Snapshot;
  /** The new hosts of each cluster. */
  readonly newHosts: ReadonlyMap<string, readonly HostKey[]>;
  readonly signal: AbortSignal;
};

const REQUESTS_PER_SECOND = 100;
/** Rounds of health checks that the new hosts fail before the step is judged: a host counts once its first check has failed. */
const ROUNDS = 2;
/**
 * Envoy hands changes of health to its workers together, up to a second late (`update_merge_window`, default 1 s): a host whose
 * first check failed counts from then on.
 */
const MERGE_WINDOW_MS = 1_000;

/** Serves `next` while every new host is in maintenance, under requests to each cluster in question. */
export async function tryUnderMaintenance({
  envoy,
  upstreams,
  pki,
  next,
  newHosts,
  signal,
}: Trial): Promise<TrialOutcome> {
  const clusters = [...newHosts.keys()];
  const hosts = [...newHosts.values()].flat();
  for (const key of hosts) upstreams.setHealth(key, 'maintenance');
  const { adminUrl } = envoy.envoy;
  const before = await readUpdateCounters(adminUrl, signal);
  const checksBefore = new Map(hosts.map((key) => [key, upstreams.healthChecks(key)]));
  const probe = (await envoy.running()).listenerAddress(PROBE_LISTENER);
  await using client = createClient({ pki, signal });
  const startedMs = performance.now();
  const inMaintenance = new Set(hosts.map(hostKeyText));
  const recorder = timelineRecorder(startedMs);
  recorder.panic(startedMs, before.panic);
  recorder.phase(startedMs, 'new hosts in maintenance');
  const traffic = startTraffic({
    client,
    requests: clusters.map(probeRequest),
    addressOf: () => probe,
    requestsPerSecond: REQUESTS_PER_SECOND,
    onAnswer: (sentMs, answer, failed) => recorder.answered(sentMs, answer, failed, whoAnswered(answer, inMaintenance)),
  });
  // Before the client goes, whatever happens below.
  await using stopping = new AsyncDisposableStack();
  stopping.defer(async () => void (await traffic.stop()));
  envoy.serve(next);
  const taken = await judgeBoot(envoy, next, signal);
  if (!hasErrors(taken)) {
    const seen = (key: HostKey): boolean => upstreams.healthChecks(key) - (checksBefore.get(key) ?? 0) >= ROUNDS;
    // A cluster without active checks (health by EDS alone) asks its hosts nothing: the wait then just runs out.
    const deadlineMs = 4 * ROUNDS * HEALTH_CHECK_MAX_INTERVAL_MS;
    await pollUntil('health checks of the new hosts', deadlineMs, signal, async () =>
      hosts.every(seen) ? true : undefined,
    ).catch(() => signal.throwIfAborted());
    await sleep(MERGE_WINDOW_MS + HEALTH_CHECK_MAX_INTERVAL_MS, undefined, { signal });
  }
  const { perRequest, failures } = await traffic.stop();
  const after = await readUpdateCounters(adminUrl, signal);
  recorder.panic(performance.now(), after.panic);
  const reached = new Map<string, number>();
  for (const { host } of upstreams.received({ sinceMs: startedMs })) {
    if (inMaintenance.has(hostKeyText(host))) reached.set(host.cluster, (reached.get(host.cluster) ?? 0) + 1);
  }
  const withoutHost = new Map<string, number>();
  for (const { request, answer } of failures) {
    const cluster = perRequest[request]?.request.headers[PROBE_CLUSTER_HEADER];
    if (cluster !== undefined && hasNoHost(answer)) withoutHost.set(cluster, (withoutHost.get(cluster) ?? 0) + 1);
  }
  const timeline = recorder.read();
  return {
    findings: taken.filter(({ severity }) => severity === 'error'),
    panics: panicsBetween(before, after, clusters),
    reached,
    withoutHost,
    ...(timeline ? { timeline } : {}),
  };
}

/** The cluster, and whether it was a host in maintenance; what Envoy answers by itself is nobody's. */
function whoAnswered(answer: ClientAnswer, inMaintenance: ReadonlySet<string>): string {
  if (answer.kind !== 'answer') return '';
  const { 'x-meshgate-cluster': cluster = '', 'x-meshgate-host': host = '' } = answer.headers;
  return inMaintenance.has(`${cluster}/${host}`) ? `${cluster} (in maintenance)` : cluster;
}

/** How Envoy answers when it has no host to choose: a 503 of its own with these words. */
const hasNoHost = (answer: ClientAnswer): boolean =>
  answer.kind === 'answer' && answer.status === 503 && answer.body.startsWith('no healthy upstream');

/** Whether the step did harm to `cluster`. */
export const hurts = ({ panics, reached, withoutHost }: TrialOutcome, cluster: string): boolean =>
  panics.has(cluster) || reached.has(cluster) || withoutHost.has(cluster);

/** Ends the maintenance, and waits until the Envoy takes the hosts for healthy. */
export async function endMaintenance({
  envoy,
  upstreams,
  newHosts,
  signal,
}: Omit<Trial, 'next' | 'pki'>): Promise<void> {
  for (const key of [...newHosts.values()].flat()) upstreams.setHealth(key, 'serving');
  await awaitHealthy(envoy, [...newHosts.keys()], signal);
}

const HEALTHY_DEADLINE_MS = 10_000;

/** Resolves when every host of these clusters is healthy; rejects after 10 s, naming the hosts that are not. */
export async function awaitHealthy(
  envoy: BootedEnvoy,
  clusters: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await pollUntil('all hosts healthy', HEALTHY_DEADLINE_MS, signal, async () => {
    const status = await readClusters(envoy.envoy.adminUrl, { signal });
    const bad = status
      .filter(({ name }) => clusters.includes(name))
      .flatMap(({ name, hosts }) =>
        hosts
          .filter(({ failed }) => failed.length > 0)
          .map(({ address, port, failed }) => `${name} ${address}:${port} ${failed.join(' ')}`),
      );
    if (bad.length > 0) throw new Error(`not healthy: ${bad.join('; ')}`);
    return true;
  });
}

const probeRequest = (cluster: string): RequestSpec => ({
  listener: PROBE_LISTENER,
  method: 'GET',
  authority: 'meshgate-probe',
  path: '/meshgate-probe',
  headers: { [PROBE_CLUSTER_HEADER]: cluster },
  protocol: 'http/1.1',
  timeoutMs: 5_000,
});
