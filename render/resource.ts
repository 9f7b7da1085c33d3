import type { ClusterDiscovery } from './discovery/cluster-discovery.ts';
import type { JsonObject } from './json.ts';
import type { SourceLocation } from './source-location.ts';

/** The xDS resource types of a mesh config: the folder (or single file) they are read from, and the Envoy message they are. */
export const RESOURCE_TYPES = {
  cluster: { folder: 'clusters', message: 'envoy.config.cluster.v3.Cluster', nameField: 'name', xds: 'CDS' },
  endpoint: {
    folder: 'endpoints',
    message: 'envoy.config.endpoint.v3.ClusterLoadAssignment',
    nameField: 'clusterName',
    xds: 'EDS',
  },
  listener: { folder: 'listeners', message: 'envoy.config.listener.v3.Listener', nameField: 'name', xds: 'LDS' },
  route: { folder: 'routes', message: 'envoy.config.route.v3.RouteConfiguration', nameField: 'name', xds: 'RDS' },
  secret: {
    folder: 'secrets',
    message: 'envoy.extensions.transport_sockets.tls.v3.Secret',
    nameField: 'name',
    xds: 'SDS',
  },
  runtime: { folder: 'runtime', message: 'envoy.service.runtime.v3.Runtime', nameField: 'name', xds: 'RTDS' },
} as const;

export type ResourceKind = keyof typeof RESOURCE_TYPES;
export const RESOURCE_KINDS = Object.keys(RESOURCE_TYPES) as readonly ResourceKind[];

export const typeUrlOf = (kind: ResourceKind): string => `type.googleapis.com/${RESOURCE_TYPES[kind].message}`;

/** One resource as it was written (after templates and values), before it is read as an Envoy message. */
export type WrittenResource = {
  readonly kind: ResourceKind;
  readonly body: JsonObject;
  readonly at: SourceLocation;
  /** Of a cluster that stands with one. */
  readonly discovery?: ClusterDiscovery;
};

/**
 * One xDS resource. `body` is canonical proto3 JSON: lowerCamelCase field names, enums by name, durations such as `0.250s`,
 * 64-bit integers as strings, `@type` first in an Any, default values left out; its containers keep their places.
 */
export type Resource = {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly body: JsonObject;
  readonly at: SourceLocation;
  /** Of a cluster whose hosts the control plane finds; content, as the body is. */
  readonly discovery?: ClusterDiscovery;
};

export const resourceLabel = ({ kind, name }: Pick<Resource, 'kind' | 'name'>): string => `${kind} ${name}`;
