import type { Variant } from './response-frame.ts';
import { XDS_TYPES } from './xds-types.ts';

/** One method of a discovery service. */
export type DiscoveryMethod = {
  readonly path: string;
  readonly variant: Variant;
  /** The type that the service is of; undefined: aggregated. */
  readonly typeUrl: string | undefined;
};

type Service = {
  readonly name: string;
  readonly resources: string;
  readonly typeUrl: string | undefined;
};

const service = (name: string, resources: string, typeUrl: string | undefined): Service => ({
  name,
  resources,
  typeUrl,
});

/** https://github.com/envoyproxy/envoy/tree/main/api/envoy/service */
const SERVICES: readonly Service[] = [
  service('discovery.v3.AggregatedDiscoveryService', 'AggregatedResources', undefined),
  service('listener.v3.ListenerDiscoveryService', 'Listeners', XDS_TYPES.LDS),
  service('route.v3.RouteDiscoveryService', 'Routes', XDS_TYPES.RDS),
  service('route.v3.ScopedRoutesDiscoveryService', 'ScopedRoutes', XDS_TYPES.SRDS),
  service('cluster.v3.ClusterDiscoveryService', 'Clusters', XDS_TYPES.CDS),
  service('endpoint.v3.EndpointDiscoveryService', 'Endpoints', XDS_TYPES.EDS),
  service('secret.v3.SecretDiscoveryService', 'Secrets', XDS_TYPES.SDS),
  service('runtime.v3.RuntimeDiscoveryService', 'Runtime', XDS_TYPES.RTDS),
  service('extension.v3.ExtensionConfigDiscoveryService', 'ExtensionConfigs', XDS_TYPES.ECDS),
];

/** Every stream that is served: state of the world and delta, aggregated and each type by itself. */
export const DISCOVERY_METHODS: readonly DiscoveryMethod[] = SERVICES.flatMap(({ name, resources, typeUrl }) => [
  { path: `/envoy.service.${name}/Stream${resources}`, variant: 'sotw' as const, typeUrl },
  { path: `/envoy.service.${name}/Delta${resources}`, variant: 'delta' as const, typeUrl },
]);
