import type { JsonObject } from '../../../render/json.ts';
import { locationOf } from '../../../render/places.ts';
import { objectAt, objectsAt, textAt } from '../../../render/read-json.ts';
import type { Resource } from '../../../render/resource.ts';
import type { SourceLocation } from '../../../render/source-location.ts';
import { typeOf } from '../../matching/canonical-body.ts';
import type { ChainPlan } from '../../substitute/listener-plan.ts';
import type { Check, Expectation, RequestCheck } from '../check.ts';
import { clientOf } from './client-of-chain.ts';
import { type Derivation, uncheckable } from './derivation.ts';
import { deriveRequest, labelOf, type RouteContext, strippedAuthority } from './derive-request.ts';
import { ASKS_STAND_IN, filterKind } from './filter-kinds.ts';
import { isGrpcRoute, probeForGrpc } from './grpc-probe.ts';
import { type LocalAnswers, localAnswers } from './local-answers.ts';
import type { Probe } from './probe.ts';
import { isGrpc, matchRoute } from './route-match.ts';
import { clusterHeadersOf, type RouteOutcome, routeOutcome } from './route-outcome.ts';
import { type RouteTable, routeTablesOf } from './route-tables.ts';

/** The checks of one HTTP filter chain: one for each route, and one more for those that take gRPC calls. */
export function httpChecks(
  derivation: Derivation,
  listener: Resource,
  plan: ChainPlan,
  prefix: string,
  at: SourceLocation,
): readonly Check[] {
  if (plan.terminal.kind !== 'http') return [];
  const { manager } = plan.terminal;
  const tables = routeTablesOf(derivation.snapshot, manager);
  return tables.flatMap((table) => {
    if (table.kind === 'unknown') return [uncheckable(`${prefix}/${table.name}`, at, table.reason)];
    return objectsAt(table.routeConfig, 'virtualHosts').flatMap((virtualHost) => {
      const name = `${prefix}/${textAt(virtualHost, 'name') ?? 'virtual host'}`;
      const place = locationOf(virtualHost) ?? table.at ?? at;
      if (objectAt(virtualHost, 'matcher')) {
        return [
          uncheckable(name, place, 'its routes are chosen by a matcher tree, which default checks do not follow'),
        ];
      }
      return objectsAt(virtualHost, 'routes').flatMap((route) =>
        routeChecks(
          { derivation, listener, plan, manager, table, virtualHost, route, at: locationOf(route) ?? place },
          name,
        ),
      );
    });
  });
}

type RoutePlace = {
  readonly derivation: Derivation;
  readonly listener: Resource;
  readonly plan: ChainPlan;
  readonly manager: JsonObject;
  readonly table: RouteTable & { readonly kind: 'table' };
  readonly virtualHost: JsonObject;
  readonly route: JsonObject;
  readonly at: SourceLocation;
};

function routeChecks(place: RoutePlace, prefix: string): readonly Check[] {
  const { derivation, plan, manager, table, virtualHost, route, at } = place;
  const name = `${prefix}/${labelOf(route)}`;
  const context: RouteContext = {
    routeConfig: table.routeConfig,
    virtualHost,
    route,
    manager,
    runtime: derivation.runtime,
    scheme: plan.tls ? 'https' : 'http',
    clientCertificate: plan.tls?.clientCertificate ?? false,
    headers: {
      ...addressHeaders(manager),
      ...table.headers,
      ...clusterHeadersOf(route, derivation.clusters),
      ...schemeHeader(virtualHost, plan, manager),
    },
  };
  if (plan.reach.kind === 'unreachable') return [uncheckable(name, at, plan.reach.reason)];
  const derived = deriveRequest(context);
  if (derived.kind === 'impossible') return [uncheckable(name, at, derived.reason)];
  const first = requestCheck(place, name, derived.probe, derived.routes, derived.certain);
  if (first.kind !== 'request' || isGrpc(derived.probe)) return [first];
  const seen = (probe: Probe): Probe => ({ ...probe, authority: strippedAuthority(manager, probe.authority) });
  const call = isGrpcRoute(route, outcomeOf(place, route, derived.probe))
    ? probeForGrpc(
        route,
        derived.probe,
        (probe) => matchRoute(table.routeConfig, seen(probe), derivation.runtime).routes.at(0) === route,
      )
    : undefined;
  if (!call) return [first];
  const taken = matchRoute(table.routeConfig, seen(call), derivation.runtime);
  return [first, requestCheck(place, `${name}/grpc`, call, taken.routes, taken.certain)];
}

/** A listener that reads the client's address from a header, and refuses requests without one. */
function addressHeaders(manager: JsonObject): Readonly<Record<string, string>> {
  const names = objectsAt(manager, 'originalIpDetectionExtensions')
    .filter((extension) => objectAt(extension, 'typedConfig', 'rejectWithStatus') !== undefined)
    .map((extension) => textAt(extension, 'typedConfig', 'headerName')?.toLowerCase())
    .filter((name) => name !== undefined);
  return Object.fromEntries(names.map((name) => [name, '192.0.2.1']));
}

/** A virtual host that wants TLS believes a trusted `x-forwarded-proto`. */
function schemeHeader(virtualHost: JsonObject, plan: ChainPlan, manager: JsonObject): Readonly<Record<string, string>> {
  const wants = (textAt(virtualHost, 'requireTls') ?? 'NONE') !== 'NONE';
  return wants && !plan.tls && manager.useRemoteAddress !== true ? { 'x-forwarded-proto': 'https' } : {};
}

const outcomeOf = ({ derivation, table, virtualHost }: RoutePlace, route: JsonObject, probe: Probe): RouteOutcome =>
  routeOutcome(route, probe, derivation.clusters, derivation.runtime, [virtualHost, table.routeConfig]);

const TIMEOUT_MS = 5_000;
/** A check whose request may be aborted by chance is repeated until this little chance is left that all of them were. */
const MISS = 0.001;
const MOST_REPEATS = 20;

function requestCheck(
  place: RoutePlace,
  name: string,
  probe: Probe,
  routes: readonly JsonObject[],
  certain: boolean,
): Check {
  const { listener, plan, virtualHost, at, route } = place;
  const grpc = isGrpc(probe);
  const client = clientOf(listener.body, plan, probe.authority, grpc);
  if (typeof client === 'string') return uncheckable(name, at, client);
  if (probe.clientCertificate && client.tls) Object.assign(client.tls, { clientCertificate: true });
  const https = (probe.headers['x-forwarded-proto'] ?? probe.scheme) === 'https';
  const requireTls = textAt(virtualHost, 'requireTls') ?? 'NONE';
  if (requireTls !== 'NONE' && !https)
    return uncheckable(name, at, 'its virtual host wants TLS, and the listener has none');
  const expected = expectationOf(place, probe, routes, certain);
  if (typeof expected === 'string') return uncheckable(name, at, expected);
  const check: RequestCheck = {
    kind: 'request',
    name,
    origin: 'default',
    at,
    request: {
      listener: listener.name,
      method: probe.method,
      authority: probe.authority,
      path: probe.path,
      headers: grpc ? without(probe.headers, 'content-type') : probe.headers,
      ...client,
      ...(grpc ? { grpc: { message: new Uint8Array() } } : {}),
      timeoutMs: TIMEOUT_MS + expected.delayMs,
    },
    repeat:
      expected.passes < 1
        ? Math.min(MOST_REPEATS, Math.ceil(Math.log(MISS) / Math.log(1 - expected.passes || MISS)))
        : 1,
    concurrency: 1,
    arrangements: [],
    expect: expected.expect,
    ...(expected.unsure === undefined ? {} : { mayAnswerLocally: expected.unsure }),
  };
  return route ? check : uncheckable(name, at, 'it has no route');
}

const without = (headers: Readonly<Record<string, string>>, name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));

type Expected = {
  readonly expect: Expectation;
  readonly unsure?: string;
  readonly delayMs: number;
  readonly passes: number;
};

/** What may come back, over all routes that may take the request. */
function expectationOf(
  place: RoutePlace,
  probe: Probe,
  routes: readonly JsonObject[],
  certain: boolean,
): Expected | string {
  const expected = routes.map((route) => expectationOfRoute(place, probe, route));
  const own = expected[routes.indexOf(place.route)];
  if (typeof own === 'string' || own === undefined) return own ?? 'it does not take the request';
  if (routes.length === 1 && certain) return own;
  // By chance another route, or none, may take it.
  const others = expected.filter((other) => typeof other !== 'string');
  const clusters = [...new Set(others.flatMap(({ expect }) => expect.answeredBy ?? []))];
  const open = typeof expected.find((other) => typeof other === 'string') === 'string';
  return {
    delayMs: Math.max(...others.map(({ delayMs }) => delayMs)),
    passes: 1,
    unsure:
      own.unsure ??
      `only some requests match it (${open || !certain ? 'others may find no answer' : 'others go to a later route'})`,
    expect: clusters.length > 0 && !open ? { answeredBy: clusters } : {},
  };
}

function expectationOfRoute(place: RoutePlace, probe: Probe, route: JsonObject): Expected | string {
  const { derivation, manager, virtualHost, table } = place;
  const outcome = outcomeOf(place, route, probe);
  const filters = localAnswers({
    manager,
    scopes: [route, virtualHost, table.routeConfig],
    probe,
    cluster: textAt(route, 'route', 'cluster'),
    runtime: derivation.runtime,
    clusters: derivation.clusters,
  });
  if (filters.blocked !== undefined) return filters.blocked;
  const networkUnsure = place.plan.before
    .map((any) => filterKind(typeOf(any)))
    .find((kind) => !ASKS_STAND_IN.has(kind) && !PASSIVE_NETWORK_FILTERS.has(kind));
  const unsure =
    networkUnsure === undefined
      ? filters.unsure
      : (filters.unsure ?? `network filter ${networkUnsure} may end the connection`);
  const base = { delayMs: filters.delayMs, passes: filters.passes };
  // Local replies may be rewritten, statuses included.
  const rewritten = objectsAt(manager, 'localReplyConfig', 'mappers').length > 0 || unsure !== undefined;
  if (filters.abortStatus !== undefined && !isGrpc(probe)) {
    const status = filters.abortStatus;
    return { ...base, expect: { answeredBy: [], ...(rewritten ? {} : { status: [{ from: status, to: status }] }) } };
  }
  if (filters.abortStatus !== undefined) return { ...base, expect: { answeredBy: [] } };
  switch (outcome.kind) {
    case 'unknown':
      return outcome.reason;
    case 'answered':
      return {
        ...base,
        expect: { answeredBy: [], ...(rewritten ? {} : { status: [{ from: outcome.status, to: outcome.status }] }) },
      };
    case 'forwarded':
      return { ...base, ...forwarded(outcome, filters, unsure, isGrpc(probe)) };
    default:
      return outcome satisfies never;
  }
}

const PASSIVE_NETWORK_FILTERS: ReadonlySet<string> = new Set([
  'set_filter_state',
  'connection_limit',
  'sni_cluster',
  'geoip',
]);

function forwarded(
  outcome: RouteOutcome & { readonly kind: 'forwarded' },
  filters: LocalAnswers,
  unsure: string | undefined,
  grpc: boolean,
): Pick<Expected, 'expect' | 'unsure'> {
  const why = unsure ?? outcome.unsure;
  // A filter that may answer may also change what comes back.
  const plain = unsure === undefined || filters.passes < 1;
  return {
    ...(why === undefined ? {} : { unsure: why }),
    expect: {
      answeredBy: outcome.clusters,
      ...(plain ? { status: [{ from: 200, to: 299 }] } : {}),
      ...(grpc && plain && outcome.http2 ? { grpcStatus: 0 } : {}),
      ...(outcome.mirrors.length > 0 && why === undefined ? { mirroredTo: outcome.mirrors } : {}),
    },
  };
}
