import { fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { accessLogDecoder } from '../../../controlplane/access-logs/access-log-service.ts';
import { RESPONSE_FLAGS } from '../../../controlplane/access-logs/response-flags.ts';
import { messageSchema } from '../../../controlplane/fleet/message-fields.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';

const schema = messageSchema('envoy.service.accesslog.v3.StreamAccessLogsMessage');
const encoded = (json: JsonObject): Uint8Array =>
  toBinary(schema, fromJson(schema, json, { registry: newestApiSet().registry }));
const read = (json: JsonObject, withTexts = true) => accessLogDecoder(withTexts)(encoded(json));
const address = (host: string, portValue: number) => ({ socketAddress: { address: host, portValue } });

const HTTP: JsonObject = {
  commonProperties: {
    sampleRate: 1,
    downstreamRemoteAddress: address('10.0.0.9', 4711),
    downstreamLocalAddress: address('10.0.0.1', 80),
    tlsProperties: {
      tlsSniHostname: 'shop',
      localCertificateProperties: { subjectAltName: [{ uri: 'spiffe://mesh/stage/canary/service/self' }] },
      peerCertificateProperties: {
        subjectAltName: [{ dns: 'web' }, { uri: 'spiffe://mesh/stage/canary/service/web' }],
        subject: 'CN=web',
      },
    },
    startTime: '2026-01-02T03:04:05.678Z',
    timeToFirstUpstreamTxByte: '0.001s',
    timeToLastDownstreamTxByte: '1.5s',
    upstreamRemoteAddress: address('fd00::1', 8080),
    upstreamCluster: 'cart-v2',
    responseFlags: { upstreamRequestTimeout: true, upstreamRetryLimitExceeded: true, unauthorizedDetails: {} },
    upstreamTransportFailureReason: 'delayed connect error',
    routeName: 'by-path',
    customTags: { secret: 'hunter2' },
    duration: '2s',
    upstreamRequestAttemptCount: 3,
    connectionTerminationDetails: 'idle',
    upstreamWireBytesSent: '120',
    upstreamWireBytesReceived: '4294967297',
    accessLogType: 'DownstreamEnd',
  },
  protocolVersion: 'HTTP2',
  request: {
    requestMethod: 'POST',
    scheme: 'https',
    authority: 'shop.example',
    path: '/rewritten',
    originalPath: '/cart?token=hunter2',
    userAgent: 'curl/8',
    requestId: 'a-b',
    requestBodyBytes: '7',
    requestHeaders: {
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      'x-envoy-downstream-service-cluster': 'web-by-header',
      authorization: 'Bearer hunter2',
    },
  },
  response: {
    responseCode: 504,
    responseBodyBytes: '9',
    responseCodeDetails: 'response_timeout',
    responseTrailers: { 'grpc-status': '4', 'set-cookie': 'hunter2' },
  },
};

test('what Envoy’s own descriptors write is read: HTTP', () => {
  const { node, logName, entries } = read({
    identifier: { node: { id: 'edge-1', cluster: 'edge' }, logName: 'outbound' },
    httpLogs: { logEntry: [HTTP] },
  });
  expect([node?.id, logName]).toEqual(['edge-1', 'outbound']);
  expect(entries).toEqual([
    {
      kind: 'http',
      isIntermediate: false,
      startEpochMs: Date.parse('2026-01-02T03:04:05.678Z'),
      durationMs: 1_500,
      cluster: 'cart-v2',
      route: 'by-path',
      flags: ['UT', 'UAEX', 'URX'],
      attempts: 3,
      code: 504,
      codeDetails: 'response_timeout',
      grpcStatus: 4,
      bytesSent: 120,
      bytesReceived: 4_294_967_297,
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      peerUris: ['spiffe://mesh/stage/canary/service/web'],
      callerHeader: 'web-by-header',
      texts: {
        method: 'POST',
        scheme: 'https',
        authority: 'shop.example',
        path: '/cart?token=hunter2',
        protocol: '2',
        userAgent: 'curl/8',
        requestId: 'a-b',
        requestBytes: 7,
        responseBytes: 9,
        clientAddress: '10.0.0.9:4711',
        upstreamAddress: '[fd00::1]:8080',
        upstreamFault: 'delayed connect error',
        terminationDetails: 'idle',
      },
    },
  ]);
  expect(read({ httpLogs: { logEntry: [HTTP] } }, false).entries[0]?.texts).toBeUndefined();
});

test('what Envoy’s own descriptors write is read: TCP, pipes, and entries that are not of a whole', () => {
  const tcp: JsonObject = {
    commonProperties: {
      upstreamCluster: 'db',
      upstreamRemoteAddress: { pipe: { path: '/run/db.sock' } },
      responseFlags: { upstreamConnectionFailure: true },
      accessLogType: 'TcpConnectionEnd',
      duration: '0.25s',
    },
    connectionProperties: { receivedBytes: '11', sentBytes: '22' },
  };
  const part = (accessLogType: string): JsonObject => ({ commonProperties: { accessLogType } });
  const { entries } = read({ tcpLogs: { logEntry: [tcp, part('TcpPeriodic'), part('UpstreamEnd'), {}] } });
  expect(entries[0]).toMatchObject({
    kind: 'tcp',
    cluster: 'db',
    flags: ['UF'],
    durationMs: 250,
    bytesSent: 11,
    bytesReceived: 22,
    texts: { upstreamAddress: '/run/db.sock', requestBytes: 11, responseBytes: 22 },
  });
  expect(entries.map(({ isIntermediate }) => isIntermediate)).toEqual([false, true, true, false]);
});

test('what Envoy writes of an exchange that is under way is read, by both of its marks, and so is what follows', () => {
  const midway = (accessLogType: string): JsonObject => ({
    commonProperties: { intermediateLogEntry: true, upstreamWireBytesSent: '5', accessLogType },
  });
  const { entries } = read({ tcpLogs: { logEntry: [midway('TcpPeriodic'), midway('TcpUpstreamConnected'), {}] } });
  expect(entries.map(({ isIntermediate, bytesSent }) => [isIntermediate, bytesSent])).toEqual([
    [true, 5],
    [true, 5],
    [false, 0],
  ]);
  const started = read({ httpLogs: { logEntry: [midway('DownstreamStart'), HTTP] } }).entries;
  expect(started.map(({ isIntermediate, cluster }) => [isIntermediate, cluster])).toEqual([
    [true, ''],
    [false, 'cart-v2'],
  ]);
});

test('numbers and times that cannot be are not known', () => {
  const most = '18446744073709551615';
  const [entry] = read({
    tcpLogs: {
      logEntry: [
        {
          commonProperties: {
            startTime: '0001-01-01T00:00:00Z',
            duration: '-315576000000s',
            upstreamWireBytesSent: most,
            upstreamWireBytesReceived: most,
          },
          connectionProperties: { receivedBytes: most, sentBytes: '9007199254740991' },
        },
      ],
    },
  }).entries;
  expect(entry).toMatchObject({
    startEpochMs: undefined,
    durationMs: undefined,
    bytesSent: 0,
    bytesReceived: Number.MAX_SAFE_INTEGER,
    texts: { requestBytes: 0, responseBytes: Number.MAX_SAFE_INTEGER },
  });
});

test('every response flag of the API has its letters', () => {
  const { fields } = messageSchema('envoy.data.accesslog.v3.ResponseFlags');
  expect(fields.map(({ number }) => number).filter((number) => !RESPONSE_FLAGS.has(number))).toEqual([]);
  const named = ['failed_local_healthcheck', 'no_healthy_upstream', 'no_cluster_found', 'downstream_remote_reset'];
  expect(named.map((name) => RESPONSE_FLAGS.get(fields.find((field) => field.name === name)?.number ?? 0))).toEqual([
    'LH',
    'UH',
    'NC',
    'DR',
  ]);
});

test('bytes of a path that are no UTF-8 are repaired; what is cut short is no message', () => {
  const bytes = encoded({ httpLogs: { logEntry: [{ request: { path: '/?????' } }] } });
  const broken = Buffer.from(bytes);
  broken.set([0xff, 0xc0, 0x00, 0xed, 0xa0], broken.indexOf('?????'));
  const [entry] = accessLogDecoder(true)(broken).entries;
  expect(entry?.texts?.path).toMatch(/^\/\ufffd+\0\ufffd+$/);
  expect(() => accessLogDecoder(true)(broken.subarray(0, -2))).toThrow();
});
