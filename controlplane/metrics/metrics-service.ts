import { evidenceService } from '../fleet/evidence-stream.ts';
import type { TrafficMeter } from '../fleet/traffic-meter.ts';
import type { FleetHealth } from '../ramp/fleet-health.ts';
import type { GrpcService } from '../xds/control-plane.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';
import { isMembershipMetric, MembershipOfMetrics } from './membership-of-metrics.ts';
import { metricsDecoder } from './metric-message.ts';
import { isTrafficMetric, TrafficOfMetrics } from './traffic-of-metrics.ts';

/** Where Envoys stream their metrics to (`envoy.stat_sinks.metrics_service`). */
export const metricsService = (ports: {
  readonly traffic: TrafficMeter;
  readonly mismatch: (node: XdsNode) => string | undefined;
  /** Told how many hosts of each cluster the Envoys see healthy; default: nobody is. */
  readonly health?: { readonly seen: FleetHealth; readonly nowEpochMs: () => number };
}): GrpcService =>
  evidenceService({
    path: '/envoy.service.metrics.v3.MetricsService/StreamMetrics',
    decode: metricsDecoder(
      ports.health ? (name) => isTrafficMetric(name) || isMembershipMetric(name) : isTrafficMetric,
    ),
    mismatch: ports.mismatch,
    nodeOf: ({ node }) => node,
    open(node) {
      const metrics = new TrafficOfMetrics();
      const leave = ports.traffic.joinByMetrics(node.id);
      const membership = new MembershipOfMetrics();
      const health = ports.health?.seen.join(node.id);
      return {
        take({ readings }) {
          ports.traffic.add(metrics.take(readings));
          health?.take(membership.take(readings), ports.health?.nowEpochMs() ?? 0);
        },
        close() {
          leave();
          health?.close();
        },
      };
    },
  });
