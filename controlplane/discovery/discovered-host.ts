import type { Locality } from '../../render/discovery/cluster-discovery.ts';
import type { JsonObject } from '../../render/json.ts';

/** One host of a cluster as a source knows it. `address:port` is its identity within a cluster. */
export type DiscoveredHost = {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** What the source says of its health. `unknown`: the source does not look. */
  readonly health: 'healthy' | 'unhealthy' | 'maintenance' | 'unknown';
  /** Envoy's `load_balancing_weight`, 1 or more. */
  readonly weight: number;
  readonly locality?: Locality;
  /** The host's name at its source, for people and for `Host` of health checks. */
  readonly hostname?: string;
  /** Kept for Envoy's subset load balancing, below `envoy.lb`. */
  readonly metadata: JsonObject;
};

export const hostKey = ({ address, port }: Pick<DiscoveredHost, 'address' | 'port'>): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
