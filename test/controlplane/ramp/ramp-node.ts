import { sharedPki } from '../../../conformance/pki/pki.ts';
import type { HealthState } from '../../../conformance/upstream/stand-in.ts';
import { startUpstreams } from '../../../conformance/upstream/start-upstreams.ts';
import type { DiscoveredHost } from '../../../controlplane/discovery/discovered-host.ts';
import { TrafficMeter } from '../../../controlplane/fleet/traffic-meter.ts';
import { metricsService } from '../../../controlplane/metrics/metrics-service.ts';
import { FleetHealth } from '../../../controlplane/ramp/fleet-health.ts';
import type { HealthSource } from '../../../controlplane/ramp/health-source.ts';
import type { RampClock } from '../../../controlplane/ramp/ramp-clock.ts';
import type { ClusterRamp, ServedHosts } from '../../../controlplane/ramp/ramp-cluster.ts';
import { rampCluster } from '../../../controlplane/ramp/ramp-cluster.ts';
import { forgetfulMemory } from '../../../controlplane/ramp/ramp-memory.ts';
import { DEFAULT_RAMP } from '../../../controlplane/ramp/ramp-settings.ts';
import { Telemetry } from '../../../controlplane/telemetry/telemetry.ts';
import { startControlPlane } from '../../../controlplane/xds/control-plane.ts';
import type { JsonObject } from '../../../render/json.ts';
import type { Resource } from '../../../render/resource.ts';
import { edsCluster, listener, rds, route, served } from '../xds/small-mesh.ts';

export const CLUSTER = 'app';
export const realClock: RampClock = {
  nowEpochMs: () => Date.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** Checked five times a second; a host that is taken away is gone at once, which is the worst case. */
export const CHECKED: JsonObject = {
  commonLbConfig: { updateMergeWindow: '0.1s' },
  ignoreHealthOnHostRemoval: true,
  healthChecks: [
    {
      timeout: '1s',
      interval: '0.2s',
      noTrafficInterval: '0.2s',
      unhealthyThreshold: 1,
      healthyThreshold: 1,
      httpHealthCheck: { path: '/healthz' },
    },
  ],
};

/** `10.0.0.n`, for which a stand-in listens on this machine. */
export const keyOf = (n: number) => ({ cluster: CLUSTER, address: `10.0.0.${n}`, port: 80 });

const assignment = ({ hosts }: ServedHosts): Resource => ({
  kind: 'endpoint',
  name: CLUSTER,
  at: { file: 'ramp', line: 1, column: 1 },
  body: {
    clusterName: CLUSTER,
    endpoints: [...hosts].map(([priority, list]) => ({
      priority,
      lbEndpoints: list.map(({ address, port }) => ({
        endpoint: { address: { socketAddress: { address, portValue: port } } },
      })),
    })),
  },
});

/** A control plane that serves a ramped cluster of stand-ins behind the listener `web`. */
export async function rampedMesh(options: { readonly hosts: number; readonly sources?: readonly HealthSource[] }) {
  await using stack = new AsyncDisposableStack();
  const pki = await sharedPki();
  const upstreams = stack.use(await startUpstreams({ pki }));
  const keys = Array.from({ length: options.hosts }, (_, at) => keyOf(at + 1));
  await upstreams.ensure(
    keys.map((key) => ({
      key,
      certificateNames: { dns: [], uri: [], ip: [] },
      healthCheckPaths: ['/healthz'],
      tcpHealthChecks: [],
    })),
  );
  const fleet = new FleetHealth({ graceMs: 2_000, unheardMs: 3_000 });
  const traffic = new TrafficMeter({ nowEpochMs: Date.now, intervalMs: 5_000 });
  const telemetry = new Telemetry({ stage: 'ramp', nowEpochMs: Date.now });
  const health = { seen: fleet, nowEpochMs: Date.now };
  const leave = new Map<string, (atMs: number) => void>();
  const controlPlane = stack.use(
    await startControlPlane({
      host: '127.0.0.1',
      port: 0,
      onConversation(_, { kind, nodeId }) {
        if (kind === 'opened') leave.set(nodeId, fleet.connected(nodeId, Date.now()));
        if (kind === 'closed') leave.get(nodeId)?.(Date.now());
      },
      services: [metricsService({ traffic, telemetry, mismatch: () => undefined, health })],
    }),
  );
  const ramp: ClusterRamp = stack.use(
    await rampCluster({
      cluster: CLUSTER,
      settings: { ...DEFAULT_RAMP, settleMs: 300, patienceMs: 1_000, absentForMs: 200, lookFirstMs: 500 },
      clock: realClock,
      memory: forgetfulMemory(),
      health: [fleet.source(CLUSTER), ...(options.sources ?? [])],
    }),
  );
  /** What each sidecar's cluster looks like, by node id. */
  const sidecars = new Map<string, JsonObject>([['sidecar', CHECKED]]);
  const stopping = new AbortController();
  const serve = async (next: ServedHosts): Promise<void> => {
    const taken = [...sidecars].map(([nodeId, cluster]) => {
      const group = controlPlane.openGroup(nodeId);
      const mesh = [
        edsCluster(CLUSTER, cluster),
        assignment(next),
        route('main', CLUSTER),
        listener('web', rds('main')),
      ];
      group.setSnapshot(served(`v${next.version}`, ...mesh));
      return group.awaitApplied(30_000);
    });
    if ((await Promise.all(taken)).every(({ kind }) => kind === 'acked')) ramp.applied(next.version);
  };
  const serving = (async () => {
    for await (const next of ramp.follow(stopping.signal)) await serve(next);
  })();
  stack.defer(async () => {
    stopping.abort();
    await serving;
  });
  const owned = stack.move();
  return {
    port: controlPlane.port,
    pki,
    ramp,
    upstreams,
    /** A sidecar of another id is served what is served now, with another cluster around it. */
    async also(nodeId: string, cluster: JsonObject): Promise<void> {
      sidecars.set(nodeId, cluster);
      if (ramp.served) await serve(ramp.served);
    },
    noLonger: (nodeId: string): boolean => sidecars.delete(nodeId),
    /** The hosts that sources name: `10.0.0.from` to `10.0.0.to`. */
    hosts: (from: number, to: number): DiscoveredHost[] =>
      keys.slice(from - 1, to).map((key) => ({
        address: '127.0.0.1',
        port: upstreams.portOf(key),
        health: 'unknown',
        weight: 1,
        metadata: {},
      })),
    setHealth(from: number, to: number, health: HealthState): void {
      for (const key of keys.slice(from - 1, to)) upstreams.setHealth(key, health);
    },
    /** Requests that reached hosts from 10.0.0.from to 10.0.0.to since then. */
    reached(from: number, to: number, sinceMs: number): number {
      const wanted = new Set(keys.slice(from - 1, to).map(({ address }) => address));
      return upstreams.received({ cluster: CLUSTER, sinceMs }).filter(({ host }) => wanted.has(host.address)).length;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
