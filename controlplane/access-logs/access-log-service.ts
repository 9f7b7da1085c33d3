import { evidenceService } from '../fleet/evidence-stream.ts';
import { messageSchema, nodeIn } from '../fleet/message-fields.ts';
import type { TrafficMeter } from '../fleet/traffic-meter.ts';
import type { PeerIdentity } from '../grpc/peer-identity.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { GrpcService } from '../xds/control-plane.ts';
import type { XdsNode } from '../xds/discovery-messages.ts';
import { decodeLogEntry } from './decode-log-entry.ts';
import type { LogEntry, LogMessage } from './log-entry.ts';
import { eachField, messageOf, textOf } from './log-wire.ts';
import { trafficOfExchanges } from './traffic-of-exchanges.ts';

export type AccessLogMessage = LogMessage & { readonly node: XdsNode | undefined };

/**
 * Decodes `envoy.service.accesslog.v3.StreamAccessLogsMessage`; `withTexts`: with what only a log tells. Throws on bytes that are no such
 * message.
 */
export function accessLogDecoder(withTexts = false): (bytes: Uint8Array) => AccessLogMessage {
  const schema = messageSchema('envoy.service.accesslog.v3.StreamAccessLogsMessage');
  return (bytes) => {
    const entries: LogEntry[] = [];
    let logName = '';
    eachField(bytes, (field, _, reader) => {
      if (field > 3) return false;
      const part = messageOf(reader);
      eachField(part, (inner, _wire, body) => {
        if (field === 1 && inner === 2) logName = textOf(body);
        else if (field === 2 && inner === 1) entries.push(decodeLogEntry('http', messageOf(body), withTexts));
        else if (field === 3 && inner === 1) entries.push(decodeLogEntry('tcp', messageOf(body), withTexts));
        else return false;
        return true;
      });
      return true;
    });
    return { node: nodeIn(schema, bytes), logName, entries };
  };
}

/**
 * Where Envoys stream access logs to (`envoy.access_loggers.http_grpc` and `tcp_grpc`). For the observation of promotions and the service
 * map they count for nodes that stream no metrics; by route, and with response flags, they are always summed up.
 */
export const accessLogService = (ports: {
  readonly traffic: TrafficMeter;
  readonly telemetry: Telemetry;
  readonly mismatch: (node: XdsNode, peer: PeerIdentity | undefined) => string | undefined;
}): GrpcService => {
  const { traffic, telemetry } = ports;
  return evidenceService({
    path: '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
    decode: accessLogDecoder(telemetry.outs.length > 0),
    mismatch: ports.mismatch,
    nodeOf: ({ node }) => node,
    pace: telemetry.pace,
    onMalformed: () => {
      telemetry.counts.malformedStreams += 1;
    },
    open(node) {
      const close = telemetry.opensLog(node);
      // Only the first message of a stream names the log.
      let logName = '';
      return {
        take(message) {
          logName ||= message.logName;
          const alone = !traffic.speaksByMetrics(node.id);
          const increment = trafficOfExchanges(message.entries);
          if (alone) traffic.add(increment);
          telemetry.takeLog(node, { logName, entries: message.entries }, alone, increment);
        },
        close,
      };
    },
  });
};
