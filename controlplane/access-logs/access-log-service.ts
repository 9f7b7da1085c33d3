import { evidenceService } from '../fleet/evidence-stream.ts';
import { decodeAs, messageSchema, nodeIn } from '../fleet/message-fields.ts';
import type { TrafficMeter } from '../fleet/traffic-meter.ts';
import type { GrpcService } from '../xds/control-plane.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';
import { type LoggedExchange, trafficOfExchanges } from './traffic-of-exchanges.ts';

export type AccessLogMessage = { readonly node: XdsNode | undefined; readonly exchanges: readonly LoggedExchange[] };

type Wire = {
  readonly logEntries: {
    readonly case: 'httpLogs' | 'tcpLogs' | undefined;
    readonly value?: { readonly logEntry: readonly LoggedExchange[] };
  };
};

/** Decodes `envoy.service.accesslog.v3.StreamAccessLogsMessage`; TCP entries are passed over. Throws on bytes that are no such message. */
export function accessLogDecoder(): (bytes: Uint8Array) => AccessLogMessage {
  const schema = messageSchema('envoy.service.accesslog.v3.StreamAccessLogsMessage');
  return (bytes) => {
    const { logEntries } = decodeAs<Wire>(schema, bytes);
    return {
      node: nodeIn(schema, bytes),
      exchanges: logEntries.case === 'httpLogs' ? (logEntries.value?.logEntry ?? []) : [],
    };
  };
}

/** Where Envoys stream access logs to (`envoy.access_loggers.http_grpc`). They count for nodes that stream no metrics. */
export const accessLogService = (ports: {
  readonly traffic: TrafficMeter;
  readonly mismatch: (node: XdsNode) => string | undefined;
}): GrpcService =>
  evidenceService({
    path: '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
    decode: accessLogDecoder(),
    mismatch: ports.mismatch,
    nodeOf: ({ node }) => node,
    open: (node) => ({
      take({ exchanges }) {
        if (!ports.traffic.speaksByMetrics(node.id)) ports.traffic.add(trafficOfExchanges(exchanges));
      },
      close: () => undefined,
    }),
  });
