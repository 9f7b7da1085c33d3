import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import type { JsonObject } from '../../../render/json.ts';
import type { Resource } from '../../../render/resource.ts';
import { edsCluster, endpoints, listener } from '../xds/small-mesh.ts';

const TYPE = 'type.googleapis.com/';
const AT = { file: 'logged-mesh.yaml', line: 1, column: 1 };

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
export const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

const grpcLog = (kind: 'Http' | 'Tcp', logName: string, more: JsonObject = {}): JsonObject => ({
  accessLog: [
    {
      name: 'als',
      typedConfig: {
        '@type': `${TYPE}envoy.extensions.access_loggers.grpc.v3.${kind}GrpcAccessLogConfig`,
        commonConfig: {
          logName,
          transportApiVersion: 'V3',
          grpcService: { envoyGrpc: { clusterName: 'meshgate_control_plane' } },
          bufferFlushInterval: '0.1s',
        },
        ...more,
      },
    },
  ],
});

const HTTP_LOG = {
  additionalRequestHeadersToLog: ['traceparent', 'authorization', 'x-envoy-downstream-service-cluster'],
  additionalResponseTrailersToLog: ['grpc-status'],
  additionalResponseHeadersToLog: ['grpc-status'],
};

const http = (name: string, logName: string, routes: readonly JsonObject[], more: JsonObject = {}): Resource =>
  listener(
    name,
    { routeConfig: { name, virtualHosts: [{ name, domains: ['*'], routes: [...routes] }] } },
    { ...grpcLog('Http', logName, HTTP_LOG), ...more },
  );

const tcp = (name: string, cluster: string): Resource => ({
  kind: 'listener',
  name,
  at: AT,
  body: {
    name,
    address: { socketAddress: { address: '127.0.0.1', portValue: 0 } },
    filterChains: [
      {
        filters: [
          {
            name: 'tcp',
            typedConfig: {
              '@type': `${TYPE}envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
              statPrefix: name,
              cluster,
              maxConnectAttempts: 1,
              ...grpcLog('Tcp', 'outbound'),
            },
          },
        ],
      },
    ],
  },
});

const to = (name: string, prefix: string, cluster: string, more: JsonObject = {}): JsonObject => ({
  name,
  match: { prefix },
  route: { cluster, ...more },
});

const HTTP2: JsonObject = {
  typedExtensionProtocolOptions: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${TYPE}envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
      explicitHttpConfig: { http2ProtocolOptions: {} },
    },
  },
};

const named = (service: string): JsonObject => ({ metadata: { filterMetadata: { meshgate: { service } } } });

export type Ports = { readonly app: number; readonly grpc: number; readonly tcp: number; readonly closed: number };

/** In another zone than the Envoy: Envoy counts what goes from zone to zone once more. */
const inZone = ({ body, ...endpoint }: Resource, zone: string): Resource => {
  const [group] = body.endpoints as [JsonObject];
  return { ...endpoint, body: { ...body, endpoints: [{ ...group, locality: { zone } }] } };
};

/**
 * Every way in which an exchange can end, each by a path of the listener `web`; `in` takes what is for the Envoy's own app, and logs each
 * request also when it begins. Names of clusters are such as Envoy writes otherwise, or has for parts of one.
 */
export const loggedMesh = (ports: Ports): readonly Resource[] => [
  edsCluster('cart-v2', named('cart')),
  inZone(endpoints('cart-v2', ports.app), 'eu-1b'),
  edsCluster('grpc:50051', { ...HTTP2, ...named('grpc') }),
  endpoints('grpc:50051', ports.grpc),
  edsCluster('nobody.internal'),
  { kind: 'endpoint', name: 'nobody.internal', at: AT, body: { clusterName: 'nobody.internal' } },
  edsCluster('db'),
  endpoints('db', ports.tcp),
  edsCluster('db-down'),
  endpoints('db-down', ports.closed),
  edsCluster('local', { metadata: { filterMetadata: { meshgate: { local: true } } } }),
  endpoints('local', ports.app),
  http('web', 'outbound', [
    to('flaky', '/flaky', 'cart-v2', { retryPolicy: { retryOn: '5xx', numRetries: 3 } }),
    to('slow', '/slow', 'cart-v2', { timeout: '0.100s' }),
    { name: 'closed', match: { prefix: '/closed' }, directResponse: { status: 503 } },
    to('nobody', '/nobody', 'nobody.internal'),
    to('grpc', '/shop.', 'grpc:50051'),
    to('cart', '/cart', 'cart-v2'),
  ]),
  http('in', 'inbound', [to('app', '/', 'local')], { accessLogOptions: { flushAccessLogOnNewRequest: true } }),
  tcp('tcp', 'db'),
  tcp('tcp-down', 'db-down'),
];

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
};

/** What stands behind the clusters: `/cart` 200, `/cart/error` 500, `/flaky` 503 and then 200, `/slow` never. */
export async function apps(): Promise<{ readonly ports: Ports } & AsyncDisposable> {
  const tries = new Map<string, number>();
  const app = createServer((request, response) => {
    const path = request.url ?? '';
    if (path.startsWith('/slow')) return;
    const before = tries.get(path) ?? 0;
    tries.set(path, before + 1);
    response.statusCode = path.startsWith('/flaky') && before === 0 ? 503 : path.startsWith('/cart/error') ? 500 : 200;
    response.end('it');
  });
  const echo = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  const closed = createTcpServer();
  const server = new grpc.Server();
  const method = (path: string): grpc.MethodDefinition<Buffer, Buffer> => ({
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes) => bytes,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: (bytes) => bytes,
    responseDeserialize: (bytes) => bytes,
  });
  server.addService(
    { Ok: method('/shop.Cart/Ok'), Gone: method('/shop.Cart/Gone') },
    {
      Ok: (_: unknown, answer: grpc.sendUnaryData<Buffer>) => answer(null, Buffer.from('ok')),
      Gone: (_: unknown, answer: grpc.sendUnaryData<Buffer>) => answer({ code: grpc.status.UNAVAILABLE }),
    },
  );
  const grpcPort = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (fault, port) =>
      fault ? reject(fault) : resolve(port),
    ),
  );
  const ports = {
    app: await listening(app),
    grpc: grpcPort,
    tcp: await listening(echo),
    closed: await listening(closed),
  };
  // Nobody listens there from now on.
  await new Promise((resolve) => {
    closed.close(resolve);
  });
  return {
    ports,
    async [Symbol.asyncDispose]() {
      app.closeAllConnections();
      app.close();
      echo.close();
      server.forceShutdown();
    },
  };
}
