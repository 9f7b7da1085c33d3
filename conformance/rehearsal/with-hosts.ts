import { isJsonObject, type JsonObject, type JsonValue } from '../../render/json.ts';
import { placeOf, setPlace } from '../../render/places.ts';
import { addressOf, type ClusterHosts } from '../../render/references/cluster-hosts.ts';
import { makeSnapshot, type Snapshot } from '../../render/snapshot.ts';

type Listed = Extract<ClusterHosts, { kind: 'listed' }>;

const listAt = (value: JsonObject, key: string): readonly JsonObject[] => {
  const list = value[key];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
};
const hostOf = (item: JsonObject): string => {
  const endpoint = item.endpoint;
  return isJsonObject(endpoint) && isJsonObject(endpoint.address) ? addressOf(endpoint.address) : '';
};
const groupKey = (group: JsonObject): string => JSON.stringify([group.locality ?? {}, group.priority ?? 0]);

/**
 * `proposed` on the way: at `priority` its cluster has exactly the hosts `addresses`, those that only `live` has included; the
 * other priorities are as proposed. What a host is written with (weight, metadata) comes from the proposed side where it is there.
 */
export function withHosts(
  proposed: Snapshot,
  live: Listed,
  next: Listed,
  priority: number,
  addresses: readonly string[],
): Snapshot {
  const wanted = new Set(addresses);
  const groups = new Map<string, JsonObject>();
  const placed = new Set<string>();
  for (const assignment of [next.assignment, live.assignment]) {
    for (const group of listAt(assignment, 'endpoints')) {
      if ((group.priority ?? 0) !== priority) {
        if (assignment === next.assignment) groups.set(groupKey(group), group);
        continue;
      }
      const items = listAt(group, 'lbEndpoints').filter(
        (item) => wanted.has(hostOf(item)) && !placed.has(hostOf(item)),
      );
      for (const item of items) placed.add(hostOf(item));
      const known = groups.get(groupKey(group));
      const lbEndpoints: JsonValue[] = [...(known ? listAt(known, 'lbEndpoints') : []), ...items];
      groups.set(groupKey(group), { ...(known ?? group), lbEndpoints });
    }
  }
  const assignment = keepPlace(next.assignment, { ...next.assignment, endpoints: [...groups.values()] });
  const body =
    next.owner.kind === 'endpoint'
      ? assignment
      : keepPlace(next.owner.body, { ...next.owner.body, loadAssignment: assignment });
  const resources = proposed.resources.map((resource) => (resource === next.owner ? { ...resource, body } : resource));
  return makeSnapshot(proposed.stage, resources, proposed.bootstrap);
}

const keepPlace = (from: JsonObject, to: JsonObject): JsonObject => {
  const place = placeOf(from);
  return place ? setPlace(to, place) : to;
};
