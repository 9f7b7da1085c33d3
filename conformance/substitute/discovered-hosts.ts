import { createHash } from 'node:crypto';
import type { JsonObject } from '../../render/json.ts';
import { endpointNameOf } from '../../render/references/find-references.ts';
import type { Resource } from '../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../render/snapshot.ts';

const HOSTS_PER_PRIORITY = 2;
const PORT = 80;

/**
 * Gives the clusters whose hosts a control plane would find some to run with: those that `other` (live to proposed, and the other way
 * round) lists, so that a cluster which only changes from one to the other has the same ones, else hosts of a made-up address. How
 * hosts join and leave at run time is the ramp's, not the promotion's. The digest stays that of what is promoted.
 */
export function withDiscoveredHosts(snapshot: Snapshot, other?: Snapshot): Snapshot {
  const listed = new Set(resourcesOf(snapshot, 'endpoint').map(({ name }) => name));
  const elsewhere = new Map((other ? resourcesOf(other, 'endpoint') : []).map((resource) => [resource.name, resource]));
  const found = resourcesOf(snapshot, 'cluster').flatMap((cluster): Resource[] => {
    const name = endpointNameOf(cluster);
    if (!cluster.discovery || listed.has(name)) return [];
    listed.add(name);
    return [elsewhere.get(name) ?? madeUp(cluster, name)];
  });
  return found.length === 0 ? snapshot : { ...snapshot, resources: [...snapshot.resources, ...found] };
}

function madeUp({ discovery, at }: Resource, name: string): Resource {
  const priorities = [...new Set(discovery?.sources.map(({ priority }) => priority))].sort((a, b) => a - b);
  const endpoints = priorities.map(
    (priority): JsonObject => ({
      ...(priority > 0 ? { priority } : {}),
      lbEndpoints: Array.from({ length: HOSTS_PER_PRIORITY }, (_, index) => ({
        endpoint: { address: { socketAddress: { address: addressOf(name, priority, index), portValue: PORT } } },
      })),
    }),
  );
  return { kind: 'endpoint', name, at, body: { clusterName: name, endpoints } };
}

/** In the range that is kept for documentation (RFC 3849), the same for the same cluster whatever else there is. */
function addressOf(name: string, priority: number, index: number): string {
  const hash = createHash('sha256').update(`${name} ${priority} ${index}`).digest();
  const groups = [0, 2, 4, 6].map((offset) => hash.readUInt16BE(offset).toString(16));
  return `2001:db8:0:0:${groups.join(':')}`;
}
