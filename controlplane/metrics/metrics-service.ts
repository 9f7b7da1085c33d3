import { evidenceService } from '../fleet/evidence-stream.ts';
import type { TrafficMeter } from '../fleet/traffic-meter.ts';
import type { PeerIdentity } from '../grpc/peer-identity.ts';
import type { FleetHealth } from '../ramp/fleet-health.ts';
import { trafficWithout } from '../telemetry/logged-before.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { GrpcService } from '../xds/control-plane.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';
import { EdgesOfMetrics, isEdgeMetric } from './edges-of-metrics.ts';
import { isMembershipMetric, MembershipOfMetrics } from './membership-of-metrics.ts';
import { metricsDecoder } from './metric-message.ts';
import { isTrafficMetric, TrafficOfMetrics } from './traffic-of-metrics.ts';

/** Where Envoys stream their metrics to (`envoy.stat_sinks.metrics_service`). */
export const metricsService = (ports: {
  readonly traffic: TrafficMeter;
  readonly telemetry: Telemetry;
  readonly mismatch: (node: XdsNode, peer: PeerIdentity | undefined) => string | undefined;
  /** Told how many hosts of each cluster the Envoys see healthy; default: nobody is. */
  readonly health?: { readonly seen: FleetHealth; readonly nowEpochMs: () => number };
}): GrpcService => {
  const { traffic, telemetry } = ports;
  const isWanted = (name: string): boolean =>
    isTrafficMetric(name) || isEdgeMetric(name) || (ports.health !== undefined && isMembershipMetric(name));
  return evidenceService({
    path: '/envoy.service.metrics.v3.MetricsService/StreamMetrics',
    decode: metricsDecoder(isWanted),
    mismatch: ports.mismatch,
    nodeOf: ({ node }) => node,
    pace: telemetry.pace,
    onMalformed: () => {
      telemetry.counts.malformedStreams += 1;
    },
    open(node) {
      const metrics = new TrafficOfMetrics();
      const edges = new EdgesOfMetrics();
      const leave = traffic.joinByMetrics(node.id);
      const membership = new MembershipOfMetrics();
      const health = ports.health?.seen.join(node.id);
      // The first message of a new Envoy tells also of what its logs told of already.
      let noted = telemetry.loggedBefore(node);
      telemetry.counts.metricStreams += 1;
      return {
        take({ readings }) {
          const increment = metrics.take(readings);
          traffic.add(noted ? trafficWithout(increment, noted.traffic) : increment);
          const { clusters, lostEntries } = edges.take(readings, metrics.counted);
          telemetry.counts.lostInEnvoys += lostEntries;
          telemetry.takeMetrics(node, clusters, noted);
          noted = undefined;
          health?.take(membership.take(readings), ports.health?.nowEpochMs() ?? 0);
        },
        close() {
          leave();
          telemetry.counts.metricStreams -= 1;
          health?.close();
        },
      };
    },
  });
};
