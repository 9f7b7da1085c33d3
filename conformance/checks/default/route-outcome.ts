import type { JsonObject } from '../../../render/json.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../../../render/read-json.ts';
import type { ClusterReader } from './cluster-outcome.ts';
import type { Probe } from './probe.ts';
import { type RuntimeValues, runtimeFractionOf } from './runtime-values.ts';

/** What a route does with a request that it has taken. */
export type RouteOutcome =
  | {
      readonly kind: 'forwarded';
      readonly clusters: readonly string[];
      readonly mirrors: readonly string[];
      readonly unsure?: string;
      readonly http2: boolean;
      readonly grpcHealth: boolean;
    }
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'unknown'; readonly reason: string };

const REDIRECTS: Readonly<Record<string, number>> = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
};

const unknown = (reason: string): RouteOutcome => ({ kind: 'unknown', reason });

/** The headers that a route's cluster is to be named by: a known cluster, so that the request can be answered. */
export function clusterHeadersOf(route: JsonObject, clusters: ClusterReader): Readonly<Record<string, string>> {
  const action = objectAt(route, 'route');
  const names = [
    textAt(action, 'clusterHeader'),
    ...objectsAt(action, 'weightedClusters', 'clusters').map((entry) => textAt(entry, 'clusterHeader')),
  ].filter((name) => name !== undefined && name !== '');
  const target = clusters.names().find((name) => clusters.outcomeOf(name).kind === 'answers');
  return target === undefined ? {} : Object.fromEntries(names.map((name) => [name?.toLowerCase() ?? '', target]));
}

/** `scopes`: where mirror policies may stand, nearest first (the route's action, virtual host, route configuration). */
export function routeOutcome(
  route: JsonObject,
  probe: Probe,
  clusters: ClusterReader,
  runtime: RuntimeValues,
  scopes: readonly JsonObject[],
): RouteOutcome {
  const redirect = objectAt(route, 'redirect');
  if (redirect)
    return { kind: 'answered', status: REDIRECTS[textAt(redirect, 'responseCode') ?? 'MOVED_PERMANENTLY'] ?? 301 };
  const direct = objectAt(route, 'directResponse');
  if (direct) return { kind: 'answered', status: numberAt(direct, 'status') ?? 200 };
  if (route.nonForwardingAction) return unknown('it forwards nothing');
  const action = objectAt(route, 'route');
  if (!action) return unknown('what it does is left to a filter');
  const names = clusterNames(action, probe, runtime);
  if (typeof names === 'string') return unknown(names);
  const outcomes = names.map((name) => clusters.outcomeOf(name));
  const answering = outcomes.filter((outcome) => outcome.kind === 'answers');
  const odd = outcomes.find((outcome) => outcome.kind === 'unknown');
  if (answering.length === 0) return unknown(odd?.reason ?? 'no cluster has a weight');
  const unsure = odd?.reason ?? answering.map((outcome) => outcome.unsure).find((why) => why !== undefined);
  return {
    kind: 'forwarded',
    clusters: [...new Set(answering.flatMap((outcome) => outcome.clusters))],
    mirrors: mirrorsOf([action, ...scopes], clusters, runtime),
    ...(unsure === undefined ? {} : { unsure }),
    http2: answering.every((outcome) => outcome.http2),
    grpcHealth: answering.some((outcome) => outcome.grpcHealth),
  };
}

function clusterNames(action: JsonObject, probe: Probe, runtime: RuntimeValues): readonly string[] | string {
  const cluster = textAt(action, 'cluster');
  if (cluster !== undefined) return [cluster];
  const header = textAt(action, 'clusterHeader');
  if (header !== undefined) {
    const value = probe.headers[header.toLowerCase()];
    return value === undefined ? `it takes the cluster's name from header ${header}` : [value];
  }
  const weighted = objectAt(action, 'weightedClusters');
  if (!weighted) return 'a plugin chooses its cluster';
  const prefix = textAt(weighted, 'runtimeKeyPrefix');
  return objectsAt(weighted, 'clusters').flatMap((entry) => {
    const name = textAt(entry, 'name') || probe.headers[(textAt(entry, 'clusterHeader') ?? '').toLowerCase()];
    if (name === undefined) return [];
    const override = prefix === undefined ? undefined : runtime.get(`${prefix}.${name}`);
    const weight = override === undefined ? (numberAt(entry, 'weight') ?? 0) : Number(override);
    return weight > 0 ? [name] : [];
  });
}

/** Clusters that get a copy of every request. The nearest list of policies is the one that holds. */
function mirrorsOf(scopes: readonly JsonObject[], clusters: ClusterReader, runtime: RuntimeValues): readonly string[] {
  const policies =
    scopes.map((scope) => objectsAt(scope, 'requestMirrorPolicies')).find((list) => list.length > 0) ?? [];
  return policies.flatMap((policy) => {
    const share = runtimeFractionOf(runtime, objectAt(policy, 'runtimeFraction'), 1);
    const outcome = clusters.outcomeOf(textAt(policy, 'cluster') ?? '');
    const sure =
      share === 1 && outcome.kind === 'answers' && outcome.unsure === undefined && outcome.clusters.length === 1;
    return sure ? outcome.clusters : [];
  });
}
