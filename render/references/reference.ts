import type { JsonObject, JsonPath } from '../json.ts';
import { valueLocation } from '../places.ts';
import type { Resource, ResourceKind } from '../resource.ts';
import type { SourceLocation } from '../source-location.ts';

export type ReferenceRole =
  | 'route'
  | 'weighted-cluster'
  | 'mirror'
  | 'tcp-proxy'
  | 'udp-proxy'
  | 'aggregate'
  | 'grpc-service'
  | 'http-service'
  | 'tracing'
  | 'filter'
  | 'config-source'
  | 'rds'
  | 'scoped-route'
  | 'eds'
  | 'sds'
  | 'static-secret'
  | 'internal-listener';

/**
 * What Envoy does when the thing named is not there: `refused`, it rejects the resource; `waits`, it holds the resource back (for
 * `initial_fetch_timeout`, 15 s by default) and then goes on without; `fails-requests`, it takes it and fails what is sent that way.
 */
export type WhenMissing = 'refused' | 'waits' | 'fails-requests';

/** One resource naming another. */
export type Reference = {
  readonly from: Resource;
  readonly to: ResourceKind;
  readonly name: string;
  readonly role: ReferenceRole;
  readonly whenMissing: WhenMissing;
  /** The path of the name inside `from.body`. */
  readonly path: JsonPath;
  /** The place of the name. */
  readonly at: SourceLocation;
  /** The object that holds the name, for its place and the template that it came through. */
  readonly holder: JsonObject;
};

export const placedAt = (holder: object, key: string | number, otherwise: SourceLocation): SourceLocation =>
  valueLocation(holder, key) ?? otherwise;
