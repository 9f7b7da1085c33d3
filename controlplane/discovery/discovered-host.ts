import { isIP } from 'node:net';
import type { Locality } from '../../render/discovery/cluster-discovery.ts';
import type { JsonObject } from '../../render/json.ts';

/** One host of a cluster as a source knows it. `address:port` is its identity within a cluster. */
export type DiscoveredHost = {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** What the source says of its health. `unknown`: the source does not look. */
  readonly health: HostHealth;
  /** Envoy's `load_balancing_weight`: 1 to `MAX_WEIGHT`. */
  readonly weight: number;
  readonly locality?: Locality;
  /** The host's name at its source, for people and for routes that rewrite `Host` (`auto_host_rewrite`). */
  readonly hostname?: string;
  /** Kept for Envoy's subset load balancing, below `envoy.lb`. */
  readonly metadata: JsonObject;
  /** Added to the priority of its source, where the source itself tells reserves (SRV records do). Default 0. */
  readonly priority?: number;
};

export const HOST_HEALTH = ['healthy', 'unhealthy', 'maintenance', 'unknown'] as const;
export type HostHealth = (typeof HOST_HEALTH)[number];

/** That of Consul and of SRV records. The weights of a locality must add up to less than 2³². */
export const MAX_WEIGHT = 65_535;
/** Of one answer: more is no answer. */
export const MAX_HOSTS = 20_000;

export const hostKey = ({ address, port }: Pick<DiscoveredHost, 'address' | 'port'>): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

export const weightOf = (weight: number): number => Math.min(MAX_WEIGHT, Math.max(1, Math.round(weight)));

/**
 * An IP address in its one spelling, so that two sources that write it differently mean one host; undefined for what no request
 * can be sent to: no IP address, one with a zone, the unspecified and the multicast ones.
 */
export function hostAddress(text: string): string | undefined {
  const family = text.includes('%') ? 0 : isIP(text);
  if (family === 4) {
    const first = Number(text.split('.')[0]);
    return text === '0.0.0.0' || first >= 224 ? undefined : text;
  }
  if (family !== 6) return undefined;
  const plain = new URL(`http://[${text}]`).hostname.slice(1, -1);
  // IPv4 as a socket for both writes it: Envoy would send to it over IPv6 alone, and reach nobody.
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain) ?? [];
  if (high !== undefined && low !== undefined) {
    const bytes = [high, low].map((part) => Number.parseInt(part, 16)).flatMap((part) => [part >> 8, part & 255]);
    return hostAddress(bytes.join('.'));
  }
  return plain === '::' || plain.startsWith('ff') ? undefined : plain;
}
