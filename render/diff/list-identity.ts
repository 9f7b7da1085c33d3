import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { objectAt, stringAt } from '../read-json.ts';
import { addressOf } from '../references/cluster-hosts.ts';
import { canonicalJson } from '../snapshot.ts';

/** How the members of a list are told apart, what they are called, and whether their order means anything to Envoy. */
export type ListKind = { readonly ordered: boolean; readonly identify: (member: JsonObject) => string };

const byName = (member: JsonObject): string => stringAt(member, 'name');
const whole = (member: JsonObject): string => canonicalJson(member);

/** `prefix /api`, `path /login`, …: what a person would call a route without a name. */
function matchLabel(route: JsonObject): string {
  const name = stringAt(route, 'name');
  const match = objectAt(route, 'match');
  if (name !== '' || !match) return name;
  const { prefix, path, pathSeparatedPrefix, safeRegex, ...conditions } = match;
  const regex = isJsonObject(safeRegex) ? safeRegex.regex : undefined;
  const start = String(path ?? pathSeparatedPrefix ?? regex ?? prefix ?? '');
  const sort = path !== undefined ? 'path' : regex !== undefined ? 'regex' : 'prefix';
  const more = Object.keys(conditions).length > 0 ? ` ${canonicalJson(conditions)}` : '';
  return `${sort} ${start}${more}`;
}

const localityLabel = (group: JsonObject): string => {
  const where = objectAt(group, 'locality');
  const place = ['region', 'zone', 'subZone'].map((key) => stringAt(where, key)).filter((one) => one !== '');
  return `${place.join('/') || 'no locality'}, priority ${group.priority ?? 0}`;
};

const hostLabel = (host: JsonObject): string => {
  const address = addressOf(objectAt(objectAt(host, 'endpoint'), 'address'));
  return address === '' ? stringAt(host, 'endpointName') || whole(host) : address;
};

/**
 * Lists of objects by the name of their field. The first match wins among routes, virtual clusters and filters, so their order is told;
 * filter chains are chosen by how well they match, virtual hosts by domain, and all of a route's conditions must hold.
 */
const OBJECT_LISTS: Readonly<Record<string, ListKind>> = {
  virtualHosts: { ordered: false, identify: byName },
  routes: { ordered: true, identify: matchLabel },
  virtualClusters: { ordered: true, identify: byName },
  filterChains: {
    ordered: false,
    identify: (chain) => byName(chain) || canonicalJson(objectAt(chain, 'filterChainMatch') ?? {}),
  },
  httpFilters: { ordered: true, identify: byName },
  filters: { ordered: true, identify: byName },
  listenerFilters: { ordered: true, identify: byName },
  endpoints: { ordered: false, identify: localityLabel },
  lbEndpoints: { ordered: false, identify: hostLabel },
  clusters: { ordered: false, identify: (share) => byName(share) || stringAt(share, 'clusterHeader') || whole(share) },
  headers: { ordered: false, identify: byName },
  queryParameters: { ordered: false, identify: byName },
  cookies: { ordered: false, identify: byName },
  thresholds: { ordered: false, identify: (one) => stringAt(one, 'priority') || 'DEFAULT' },
  perHostThresholds: { ordered: false, identify: (one) => stringAt(one, 'priority') || 'DEFAULT' },
  additionalAddresses: { ordered: false, identify: (one) => addressOf(objectAt(one, 'address')) },
  healthChecks: {
    ordered: false,
    identify: (one) => Object.keys(one).find((key) => key.endsWith('HealthCheck')) ?? whole(one),
  },
  requestMirrorPolicies: { ordered: false, identify: (one) => stringAt(one, 'cluster') || whole(one) },
  accessLog: { ordered: false, identify: byName },
  requestHeadersToAdd: { ordered: true, identify: (one) => stringAt(objectAt(one, 'header'), 'key') },
  responseHeadersToAdd: { ordered: true, identify: (one) => stringAt(objectAt(one, 'header'), 'key') },
};

/** Lists of scalars that Envoy reads as sets. */
const SCALAR_SETS = new Set([
  'domains',
  'serverNames',
  'applicationProtocols',
  'sourcePorts',
  'requestHeadersToRemove',
  'responseHeadersToRemove',
  'retriableStatusCodes',
  'retriableHeaders',
  'statuses',
  'expectedStatuses',
  'methods',
  'audiences',
]);

export const isScalarSet = (field: string): boolean => SCALAR_SETS.has(field);

export function listKindOf(field: string, members: readonly JsonValue[]): ListKind {
  const known = Object.hasOwn(OBJECT_LISTS, field) ? OBJECT_LISTS[field] : undefined;
  if (known) return known;
  const named = members.every((member) => isJsonObject(member) && byName(member) !== '');
  return { ordered: true, identify: named ? byName : whole };
}
