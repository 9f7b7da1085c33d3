import type { JsonObject } from '../../render/json.ts';
import type { Resource } from '../../render/resource.ts';

/** As it is written to the file that all servers and the client read. */
export type BenchResource = Pick<Resource, 'kind' | 'name'> & { readonly body: JsonObject };
/** A resource that replaces the one of its name, and a text that only it holds. */
export type BenchChange = { readonly resource: BenchResource; readonly marker: string };

const HOSTS = 10;
const ads = { ads: {}, resourceApiVersion: 'V3' };
const ANY_HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const ANY_ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';

const nameOf = (index: number): string => `service-${String(index).padStart(5, '0')}`;

/** `count` clusters with their endpoints, one listener, and its route configuration with a route to each cluster. */
export const benchResources = (count: number): BenchResource[] => {
  const indexes = Array.from({ length: count }, (_, index) => index);
  return [...indexes.map(cluster), ...indexes.map((index) => endpoints(index)), listener(), routes(indexes)];
};

/** The `number`th change (from 0) of one endpoint of one cluster. */
export function benchChange(number: number, count: number): BenchChange {
  // The last part is of one width, so that none is the beginning of another.
  const marker = `10.255.${Math.floor(number / 100)}.${100 + (number % 100)}`;
  return { resource: endpoints((number * 37) % count, marker), marker };
}

const cluster = (index: number): BenchResource => ({
  kind: 'cluster',
  name: nameOf(index),
  body: {
    name: nameOf(index),
    type: 'EDS',
    edsClusterConfig: { edsConfig: ads },
    connectTimeout: '1s',
    lbPolicy: 'LEAST_REQUEST',
    commonLbConfig: { healthyPanicThreshold: { value: 50 } },
    circuitBreakers: { thresholds: [{ maxConnections: 1024, maxRequests: 1024 }] },
  },
});

function endpoints(index: number, firstHost?: string): BenchResource {
  const lbEndpoints = Array.from({ length: HOSTS }, (_, host) => {
    const address = (host === 0 && firstHost) || `10.${index >> 8}.${index & 255}.${host + 1}`;
    return { endpoint: { address: { socketAddress: { address, portValue: 8080 } } } };
  });
  const name = nameOf(index);
  return { kind: 'endpoint', name, body: { clusterName: name, endpoints: [{ lbEndpoints }] } };
}

const listener = (): BenchResource => ({
  kind: 'listener',
  name: 'edge',
  body: {
    name: 'edge',
    address: { socketAddress: { address: '127.0.0.1', portValue: 8080 } },
    filterChains: [
      {
        filters: [
          {
            name: 'http',
            typedConfig: {
              '@type': ANY_HCM,
              statPrefix: 'edge',
              rds: { routeConfigName: 'edge', configSource: ads },
              httpFilters: [{ name: 'router', typedConfig: { '@type': ANY_ROUTER } }],
            },
          },
        ],
      },
    ],
  },
});

const routes = (indexes: readonly number[]): BenchResource => ({
  kind: 'route',
  name: 'edge',
  body: {
    name: 'edge',
    virtualHosts: [
      {
        name: 'services',
        domains: ['*'],
        routes: indexes.map((index) => ({
          match: { prefix: `/${nameOf(index)}/` },
          route: { cluster: nameOf(index), timeout: '2s' },
        })),
      },
    ],
  },
});
