import { fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { accessLogDecoder } from '../../../controlplane/access-logs/access-log-service.ts';
import { trafficOfExchanges } from '../../../controlplane/access-logs/traffic-of-exchanges.ts';
import { messageSchema } from '../../../controlplane/fleet/message-fields.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';

const schema = messageSchema('envoy.service.accesslog.v3.StreamAccessLogsMessage');
const decoded = (json: JsonObject) =>
  accessLogDecoder()(toBinary(schema, fromJson(schema, json, { registry: newestApiSet().registry })));
const entry = (
  code: number | undefined,
  flags: JsonObject = {},
  details = 'via_upstream',
  duration = '0.004s',
): JsonObject => ({
  commonProperties: { responseFlags: flags, duration },
  response: { ...(code === undefined ? {} : { responseCode: code }), responseCodeDetails: details },
});

test.each([
  ['an answer', entry(200), 0],
  ['an answer of 5xx', entry(503), 1],
  ['no answer', entry(undefined, { upstreamConnectionTermination: true }), 1],
  ['an injected fault', entry(503, { faultInjected: true }, 'fault_filter_abort'), 0],
  ['a direct response', entry(503, {}, 'direct_response'), 0],
  ['a client that went away', entry(0, { downstreamConnectionTermination: true }), 0],
])('%s', (_, logged, failures) => {
  const { entries } = decoded({ httpLogs: { logEntry: [logged] } });
  expect(trafficOfExchanges(entries)).toMatchObject({ requests: 1, failures });
});

test('latencies go into their buckets, what is logged midway is not counted, and the node is read', () => {
  const midway = { commonProperties: { intermediateLogEntry: true, duration: '9s' }, response: { responseCode: 500 } };
  const message = decoded({
    identifier: { node: { id: 'edge-1' }, logName: 'x' },
    httpLogs: { logEntry: [entry(200), entry(200, {}, 'x', '0.005s'), entry(200, {}, 'x', '40s'), midway] },
  });
  expect(message.node?.id).toBe('edge-1');
  const { requests, failures, latencyCounts } = trafficOfExchanges(message.entries);
  expect([requests, failures, latencyCounts[2], latencyCounts.at(-1)]).toEqual([3, 0, 2, 1]);
  expect(trafficOfExchanges(decoded({ tcpLogs: { logEntry: [{}] } }).entries)).toMatchObject({
    requests: 0,
    failures: 0,
  });
});
