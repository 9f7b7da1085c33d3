import type { JsonValue } from '../../render/json.ts';
import { isJsonObject } from '../../render/json.ts';
import type { Resource } from '../../render/resource.ts';
import type { Snapshot } from '../../render/snapshot.ts';

/** Fields by which a request or a resource outside of the snapshot chooses the cluster or the routes. */
const CHOSEN_ELSEWHERE = new Set([
  'clusterHeader',
  'clusterSpecifierPlugin',
  'inlineClusterSpecifierPlugin',
  'scopedRds',
  'vhds',
]);
/** Filters with a program in them, which may send a request to any cluster. */
const PROGRAMS = /\.(lua|wasm|golang|dynamic_modules|ext_proc)\./i;

/**
 * The clusters that a connection to a listener may reach, by name; `undefined` where nobody can tell from the snapshot. Rather too
 * many than too few: every text in the listener that is also the name of a resource counts as a reference to it, and so on from there.
 */
export function clusterReach(snapshot: Snapshot): (listener: string) => ReadonlySet<string> | undefined {
  const named = new Map<string, Resource[]>();
  for (const resource of snapshot.resources) named.set(resource.name, [...(named.get(resource.name) ?? []), resource]);
  const known = new Map<string, ReadonlySet<string> | undefined>();

  const reachOf = (listener: string): ReadonlySet<string> | undefined => {
    const clusters = new Set<string>();
    const seen = new Set<Resource>();
    const open = (named.get(listener) ?? []).filter(({ kind }) => kind === 'listener');
    // A listener that is not in the snapshot (of the bootstrap, say) may lead anywhere.
    if (open.length === 0) return undefined;
    const refer = (text: string): void => void open.push(...(named.get(text) ?? []));
    const leadsElsewhere = (value: JsonValue): boolean => {
      if (typeof value === 'string') {
        refer(value);
        return false;
      }
      if (Array.isArray(value)) return value.some(leadsElsewhere);
      if (!isJsonObject(value)) return false;
      return Object.entries(value).some(([key, member]) => {
        refer(key);
        if (CHOSEN_ELSEWHERE.has(key)) return true;
        if (key === '@type' && typeof member === 'string' && PROGRAMS.test(member)) return true;
        return leadsElsewhere(member);
      });
    };
    for (let resource = open.pop(); resource; resource = open.pop()) {
      if (seen.has(resource)) continue;
      seen.add(resource);
      if (resource.kind === 'cluster') clusters.add(resource.name);
      if (leadsElsewhere(resource.body)) return undefined;
    }
    return clusters;
  };

  return (listener) => {
    if (!known.has(listener)) known.set(listener, reachOf(listener));
    return known.get(listener);
  };
}
