import type { MembershipReading } from '../ramp/fleet-health.ts';
import { isCount } from './count-of.ts';
import { LatelySaid } from './lately-said.ts';
import type { Reading } from './metric-message.ts';

const MEMBERSHIP = /^cluster\.(?:(?<cluster>.+)\.)?membership_(?<what>healthy|degraded|total)$/;

/** Whether a metric, with or without its tags in the name, says how many hosts of a cluster are healthy. */
export const isMembershipMetric = (name: string): boolean => MEMBERSHIP.test(name);

/** Clusters that are followed per node. */
const MAX_CLUSTERS = 20_000;

type Parts = { healthy?: number; degraded?: number; total?: number };

/**
 * What one Envoy says of its clusters' hosts. A message may bring a part of the gauges only; the others are as they were said last (see
 * `LatelySaid`).
 */
export class MembershipOfMetrics {
  readonly #known = new LatelySaid<Parts>(MAX_CLUSTERS);

  /** How many clusters are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** The clusters that the message says something of. */
  take(readings: readonly Reading[]): ReadonlyMap<string, MembershipReading> {
    const said = new Set<string>();
    this.#known.nextMessage();
    for (const reading of readings) {
      const { cluster, what } = (reading.kind === 'gauge' && MEMBERSHIP.exec(reading.name)?.groups) || {};
      if (reading.kind !== 'gauge' || cluster === undefined || !isCount(reading.value)) continue;
      const parts = this.#known.get(cluster) ?? {};
      if (!this.#known.set(cluster, parts)) continue;
      parts[what as 'healthy' | 'degraded' | 'total'] = reading.value;
      said.add(cluster);
    }
    const found = new Map<string, MembershipReading>();
    for (const cluster of said) {
      const { healthy, degraded = 0, total } = this.#known.get(cluster) ?? {};
      if (healthy !== undefined && total !== undefined) found.set(cluster, { available: healthy + degraded, total });
    }
    return found;
  }
}
