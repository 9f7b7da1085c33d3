import { randomUUID } from 'node:crypto';
import type { NodeMatch } from '../../render/config/mesh-config.ts';
import type { Digest, StageName } from '../../render/ids.ts';
import type { Snapshot } from '../../render/snapshot.ts';
import { accessLogService } from '../access-logs/access-log-service.ts';
import type { AccessLogOut } from '../access-logs/out/access-log-out.ts';
import { askedTypes } from '../fleet/asked-types.ts';
import type { FleetReport, ReportedNode, ReportSink } from '../fleet/fleet-report.ts';
import { FleetTracker } from '../fleet/fleet-tracker.ts';
import { ReportLoop } from '../fleet/report-loop.ts';
import { TrafficMeter } from '../fleet/traffic-meter.ts';
import type { GeneratorView } from '../generators/generated-services.ts';
import type { ConnectionLimits } from '../grpc/connection-care.ts';
import type { PeerIdentity } from '../grpc/peer-identity.ts';
import { type TlsFiles, watchTlsFiles } from '../grpc/tls-files.ts';
import { metricsService } from '../metrics/metrics-service.ts';
import { FleetHealth } from '../ramp/fleet-health.ts';
import type { ServedSnapshot } from '../served-snapshot.ts';
import { Telemetry } from '../telemetry/telemetry.ts';
import type { ClientState } from '../xds/client-state.ts';
import { type NodeState, startControlPlane } from '../xds/control-plane.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';
import { foreignPeer, uncertifiedNode } from './certified-node.ts';
import { followSource } from './follow-source.ts';
import type { LiveHosts } from './live-hosts.ts';
import { mismatchOf } from './node-match.ts';
import type { Say } from './say.ts';
import { ServeWithHosts, type StageHosts } from './serve-with-hosts.ts';
import type { SnapshotSource } from './snapshot-source.ts';

export type StageServerOptions = {
  readonly stage: StageName;
  /** Which nodes are served; others are refused with `PERMISSION_DENIED`. */
  readonly node: NodeMatch;
  readonly host: string;
  /** 0: the OS gives one. */
  readonly port: number;
  readonly source: SnapshotSource;
  readonly sink: ReportSink;
  /** How long one sample of traffic is. Default 5 s. */
  readonly sampleMs?: number;
  readonly nowEpochMs: () => number;
  /** Whom to ask for the hosts of clusters with `discovery:`, and how they are ramped; without it such clusters get no hosts. */
  readonly hosts?: StageHosts;
  /** Default: not encrypted. With an authority for clients, a node may be only what its certificate says. */
  readonly tls?: (TlsFiles & { readonly lookEveryMs?: number }) | undefined;
  /**
   * Envoy's `--drain-time-s` in this stage: clusters that a listener may name which was replaced are taken away so much later, since what is
   * connected to it goes on. Default 600,000, as Envoy's.
   */
  readonly drainMs?: number;
  /** Connections and streams; see there. */
  readonly limits?: ConnectionLimits;
  /** Where access logs of the fleet go; whoever opened them closes them. Default: nowhere. */
  readonly accessLogs?: readonly AccessLogOut[];
  /** What a person who runs it should read: one line each. */
  readonly say: Say;
};

/** What is served at this moment, with what is generated and the hosts of clusters with `discovery:`. */
export type ServedNow = { readonly snapshot: Snapshot; readonly served: ServedSnapshot };

export interface StageServer extends AsyncDisposable {
  readonly id: string;
  readonly stage: StageName;
  readonly port: number;
  /** Of clusters with `discovery:`; undefined without `StageServerOptions.hosts`. */
  readonly hosts: LiveHosts | undefined;
  /** What its Envoys say of their traffic. */
  readonly telemetry: Telemetry;
  state(): {
    readonly servedDigest: Digest | undefined;
    readonly problem: string | undefined;
    readonly nodes: readonly ReportedNode[];
    /** When what is served, or the problem, became another one. */
    readonly stateSinceEpochMs: number;
    /** It lets nobody in any more. */
    readonly isDraining: boolean;
  };
  /** Undefined: nothing is served yet. */
  servedNow(): ServedNow | undefined;
  /** What generators found, and what they left out; empty without any. */
  generators(): readonly GeneratorView[];
  /** Every Envoy that is or was there, and how it stands with each type; those of one node id in the order of `state().nodes`. */
  nodeStates(): readonly NodeState[];
  /** The Envoys that are connected, and how each stands with every resource; see `GroupHandle.clients`. */
  clients(): Iterable<ClientState>;
  /** Since it started. */
  counts(): { readonly refusedStreams: number };
  /**
   * Asks Envoys to go to another control plane: those of `node`, or without it all, and then nobody is let in any more. What is still open
   * after `graceMs` is ended. How many connections are asked.
   */
  drain(order: { readonly node?: string; readonly graceMs: number }): number;
}

/** https://www.envoyproxy.io/docs/envoy/latest/operations/cli (`--drain-time-s`) */
const ENVOYS_DRAIN_MS = 600_000;
/** A peer that does not answer a ping for so long is gone: a host that lost its power says no goodbye. */
const KEEPALIVE_MS = 30_000;
const LAST_REPORT_MS = 2_000;
/** Without news a control plane says that often that it is there. */
const HEARTBEAT_MS = 5_000;

/**
 * Serves one stage what its source holds, and reports what its nodes made of it. Resolves once it listens, whether or not the
 * source can be read yet; rejects with the operating system's error. Disposing ends every stream at once: Envoys keep what they have.
 */
export async function startStageServer(options: StageServerOptions): Promise<StageServer> {
  const { stage, source, nowEpochMs, say, sampleMs = 5_000 } = options;
  const id = `${stage}-${randomUUID()}`;
  const stopping = new AbortController();
  let servedDigest: Digest | undefined;
  let promoted: ServedNow | undefined;
  let refusedStreams = 0;
  let isDraining = false;
  let problem: string | undefined;
  let stateSinceEpochMs = nowEpochMs();
  /** What names of clusters and routes are known of. */
  let named: Snapshot | undefined;

  const traffic = new TrafficMeter({ nowEpochMs, intervalMs: sampleMs });
  const telemetry = new Telemetry({ stage, nowEpochMs, outs: options.accessLogs ?? [] });
  const seen = new FleetHealth();
  const mismatch = (node: XdsNode): string | undefined => {
    const why = mismatchOf(options.node, node);
    return why === undefined ? undefined : `node ${node.id} is not of stage ${stage}: ${why}`;
  };
  const certified = options.tls?.clientCaFile !== undefined;
  const unheard = (node: XdsNode, peer: PeerIdentity | undefined): string | undefined =>
    mismatch(node) ?? (certified ? uncertifiedNode(stage, node, peer) : undefined);
  const tls =
    options.tls &&
    (await watchTlsFiles(options.tls, {
      nowEpochMs,
      ...(options.tls.lookEveryMs === undefined ? {} : { everyMs: options.tls.lookEveryMs }),
      onRenewed: (material) => {
        controlPlane.renewTls(material);
        say('TLS: the certificate was renewed');
      },
      onProblem: (fault) =>
        fault === undefined ? say('TLS: all is well again') : say(`TLS: ${fault}`, { severity: 'warn' }),
    }));
  const controlPlane = await startControlPlane({
    keepaliveMs: KEEPALIVE_MS,
    ...options.limits,
    host: options.host,
    port: options.port,
    sharedIds: true,
    drainMs: options.drainMs ?? ENVOYS_DRAIN_MS,
    awaitsDrain: false,
    tls: tls?.first,
    refusePeer: certified ? (peer) => foreignPeer(stage, peer) : undefined,
    admit: (node, _metadata, peer) => {
      const why = unheard(node, peer);
      if (why !== undefined) {
        refusedStreams += 1;
        say(`refused: ${why}`, {
          severity: 'warn',
          attributes: { 'meshgate.node.id': node.id, 'meshgate.node.cluster': node.cluster },
        });
      }
      return why === undefined ? { kind: 'admitted', group: stage } : { kind: 'refused', problem: why };
    },
    services: [
      metricsService({
        traffic,
        telemetry,
        mismatch: unheard,
        ...(options.hosts ? { health: { seen, nowEpochMs } } : {}),
      }),
      accessLogService({ traffic, telemetry, mismatch: unheard }),
    ],
    conversation: 'off',
    onHeard: (_, nodeId) => {
      tracker.heard(nodeId);
      live?.heard();
    },
  });
  const group = controlPlane.openGroup(stage);
  const tracker = new FleetTracker({
    nowEpochMs,
    readings: (nodeId) => group.readings(nodeId),
    asked: () => askedTypes(controlPlane.nodes()),
    forget: (name) => group.forget(name),
    onChange: (urgent) => reports.changed(urgent),
  });
  const reports = new ReportLoop({
    sink: options.sink,
    heartbeatMs: Math.min(sampleMs, HEARTBEAT_MS),
    take: (): FleetReport => ({
      id,
      stage,
      servedDigest,
      problem,
      stateSinceEpochMs,
      atEpochMs: nowEpochMs(),
      ...tracker.takeChanges(),
      traffic: traffic.takeFinished(),
      edges: telemetry.edges.takeChanged(nowEpochMs(), stopping.signal.aborted),
      findings: live?.findings() ?? [],
    }),
    giveBack: (report) => {
      tracker.giveBack(report.nodes.map(({ nodeId }) => nodeId));
      traffic.giveBack(report.traffic);
      telemetry.edges.giveBack(report.edges ?? []);
    },
    onFault: (fault) =>
      fault === undefined
        ? say('fleet state is stored again')
        : say(`fleet state cannot be stored: ${fault}`, { severity: 'warn' }),
  });

  const live =
    options.hosts &&
    new ServeWithHosts(group, options.hosts, seen, {
      onServed(snapshot) {
        if (snapshot !== named) telemetry.names.serve(snapshot);
        named = snapshot;
        tracker.heard();
      },
      onFindings: () => reports.changed(false),
      say,
    });

  const following = followSource(
    source,
    {
      onEarlier: (earlier) => (live ? live.remember(earlier) : group.remember(earlier)),
      onServed(served, snapshot) {
        servedDigest = served.digest as Digest;
        promoted = { snapshot, served };
        // With what is generated, as soon as that is known; until then it is as it was.
        if (!named) telemetry.names.serve(snapshot);
        stateSinceEpochMs = nowEpochMs();
        if (live) live.promote(served, snapshot);
        else {
          group.setSnapshot(served);
          tracker.heard();
        }
        reports.changed(true);
        say(`serving ${served.digest.slice(0, 12)}`, { attributes: { 'meshgate.snapshot.digest': served.digest } });
      },
      onProblem(next) {
        if (next === problem) return;
        if (next === undefined) say(`${source.name} is as it should be`);
        else say(next, { severity: 'warn' });
        problem = next;
        stateSinceEpochMs = nowEpochMs();
        reports.changed(true);
      },
    },
    stopping.signal,
  );

  return {
    id,
    stage,
    port: controlPlane.port,
    state: () => ({ servedDigest, problem, nodes: tracker.nodes(), stateSinceEpochMs, isDraining }),
    servedNow: () => (live ? live.servedNow() : promoted),
    generators: () => live?.generators() ?? [],
    nodeStates: () => controlPlane.nodes(),
    clients: () => group.clients(),
    counts: () => ({ refusedStreams }),
    drain({ node, graceMs }) {
      if (node === undefined) {
        isDraining = true;
        return controlPlane.drain(graceMs);
      }
      const asked = controlPlane.nodes().filter(({ name }) => name === node);
      const connections = asked.flatMap((state) => state.connections);
      for (const connection of connections) connection.makeWay(graceMs);
      return connections.length;
    },
    hosts: live?.hosts,
    telemetry,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      tls?.stop();
      await controlPlane[Symbol.asyncDispose]();
      await following;
      await live?.[Symbol.asyncDispose]();
      tracker.stop();
      await reports.stop(LAST_REPORT_MS);
    },
  };
}
