import { evidenceService } from '../fleet/evidence-stream.ts';
import type { TrafficMeter } from '../fleet/traffic-meter.ts';
import type { GrpcService } from '../xds/control-plane.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';
import { metricsDecoder } from './metric-message.ts';
import { isTrafficMetric, TrafficOfMetrics } from './traffic-of-metrics.ts';

/** Where Envoys stream their metrics to (`envoy.stat_sinks.metrics_service`). */
export const metricsService = (ports: {
  readonly traffic: TrafficMeter;
  readonly mismatch: (node: XdsNode) => string | undefined;
}): GrpcService =>
  evidenceService({
    path: '/envoy.service.metrics.v3.MetricsService/StreamMetrics',
    decode: metricsDecoder(isTrafficMetric),
    mismatch: ports.mismatch,
    nodeOf: ({ node }) => node,
    open(node) {
      const metrics = new TrafficOfMetrics();
      const leave = ports.traffic.joinByMetrics(node.id);
      return {
        take: ({ readings }) => ports.traffic.add(metrics.take(readings)),
        close: leave,
      };
    },
  });
