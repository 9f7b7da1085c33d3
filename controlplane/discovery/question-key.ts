import type { DiscoverySource } from '../../render/discovery/cluster-discovery.ts';

/** What is asked, without what is made of the answer: sources of one key are told the same. */
export function questionKey({ priority: _priority, locality: _locality, ...question }: DiscoverySource): string {
  return JSON.stringify(Object.entries(question).sort(([a], [b]) => (a < b ? -1 : 1)));
}
