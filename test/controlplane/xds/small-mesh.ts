import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { servedSnapshot } from '../../../controlplane/encode-served.ts';
import type { ServedSnapshot } from '../../../controlplane/served-snapshot.ts';
import type { JsonObject } from '../../../render/json.ts';
import type { Resource, ResourceKind } from '../../../render/resource.ts';

const AT = { file: 'small-mesh.yaml', line: 1, column: 1 };
const TYPE = 'type.googleapis.com/';
const resource = (kind: ResourceKind, name: string, body: JsonObject): Resource => ({ kind, name, body, at: AT });

export const served = (digest: string, ...resources: readonly Resource[]): ServedSnapshot =>
  servedSnapshot(digest, resources);

export const edsCluster = (name: string, more: JsonObject = {}): Resource =>
  resource('cluster', name, {
    name,
    type: 'EDS',
    edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: 'V3' } },
    connectTimeout: '1s',
    ...more,
  });

export const endpoints = (clusterName: string, port: number): Resource =>
  resource('endpoint', clusterName, {
    clusterName,
    endpoints: [
      { lbEndpoints: [{ endpoint: { address: { socketAddress: { address: '127.0.0.1', portValue: port } } } }] },
    ],
  });

export const route = (name: string, cluster: string): Resource =>
  resource('route', name, {
    name,
    virtualHosts: [{ name, domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster } }] }],
  });

/** An HTTP listener on a port from the OS; `more` is put into its connection manager. */
export const listener = (name: string, routes: JsonObject, more: JsonObject = {}): Resource =>
  resource('listener', name, {
    name,
    address: { socketAddress: { address: '127.0.0.1', portValue: 0 } },
    filterChains: [
      {
        filters: [
          {
            name: 'http',
            typedConfig: {
              '@type': `${TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
              statPrefix: name,
              ...routes,
              httpFilters: [
                { name: 'router', typedConfig: { '@type': `${TYPE}envoy.extensions.filters.http.router.v3.Router` } },
              ],
              ...more,
            },
          },
        ],
      },
    ],
  });

export const rds = (routeConfigName: string): JsonObject => ({
  rds: { configSource: { ads: {}, resourceApiVersion: 'V3' }, routeConfigName },
});

export const runtime = (name: string, layer: JsonObject): Resource => resource('runtime', name, { name, layer });

/** A listener that every Envoy refuses when it is added: its TLS certificate is no certificate. */
export const refusedListener = (name: string): Resource =>
  resource('listener', name, {
    name,
    address: { socketAddress: { address: '127.0.0.1', portValue: 0 } },
    filterChains: [
      {
        filters: [],
        transportSocket: {
          name: 'tls',
          typedConfig: {
            '@type': `${TYPE}envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext`,
            commonTlsContext: {
              tlsCertificates: [{ certificateChain: { inlineString: 'none' }, privateKey: { inlineString: 'none' } }],
            },
          },
        },
      },
    ],
  });

/** Answers every request with `name`. */
export async function upstream(name: string): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((_, response) => response.end(name));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
