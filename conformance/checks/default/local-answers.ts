import type { JsonObject } from '../../../render/json.ts';
import { member, numberAt, objectAt, objectsAt, textAt, textsAt } from '../../../render/read-json.ts';
import { containersIn, durationMsAt, typeOf } from '../../matching/canonical-body.ts';
import type { ClusterReader } from './cluster-outcome.ts';
import { matchesHeader } from './field-match.ts';
import { ASKS_STAND_IN, filterKind, harmlessFilter, WANTS_SECRET } from './filter-kinds.ts';
import type { Probe } from './probe.ts';
import { matchesRequest } from './route-match.ts';
import { type RuntimeValues, runtimeFraction } from './runtime-values.ts';

/** What may happen to a request before the router has it. */
export type LocalAnswers = {
  /** It will not come through: what turns it away. */
  readonly blocked?: string;
  /** It may not come through, or come back changed. */
  readonly unsure?: string;
  /** The fault filter answers all requests so. */
  readonly abortStatus?: number;
  /** The share of requests that the fault filter lets through. */
  readonly passes: number;
  readonly delayMs: number;
};

/** What a request meets: the chain's filters, the places whose `typedPerFilterConfig` changes them (nearest first), the request. */
export type FilterScope = {
  readonly manager: JsonObject;
  readonly scopes: readonly JsonObject[];
  readonly probe: Probe;
  readonly cluster: string | undefined;
  readonly runtime: RuntimeValues;
  readonly clusters: ClusterReader;
};

type Mutable = { -readonly [K in keyof LocalAnswers]: LocalAnswers[K] };

export function localAnswers(scope: FilterScope): LocalAnswers {
  const found: Mutable = { passes: 1, delayMs: 0 };
  for (const filter of objectsAt(scope.manager, 'httpFilters')) {
    const name = textAt(filter, 'name') ?? '';
    const own = scope.scopes
      .map((place) => objectAt(place, 'typedPerFilterConfig', name))
      .find((any) => any !== undefined);
    const wrapped = typeOf(own) === 'envoy.config.route.v3.FilterConfig' ? own : undefined;
    if (wrapped?.disabled === true || (filter.disabled === true && !own)) continue;
    const override = wrapped ? objectAt(wrapped, 'config') : own;
    const written = objectAt(filter, 'typedConfig');
    if (!written) {
      found.unsure ??= `filter ${name} comes from another source than the snapshot`;
      continue;
    }
    judge(found, { ...scope, name, written, override, kind: filterKind(typeOf(written)) });
  }
  return found;
}

type FilterInPlace = FilterScope & {
  readonly name: string;
  readonly kind: string;
  readonly written: JsonObject;
  readonly override: JsonObject | undefined;
};

function judge(found: Mutable, filter: FilterInPlace): void {
  const { name, kind, written, override } = filter;
  const unsure = () => {
    found.unsure ??= `filter ${name} may answer by itself`;
  };
  if (override?.disabled === true || harmlessFilter(typeOf(written))) return;
  if (ASKS_STAND_IN.has(kind)) {
    const open = kind === 'ratelimit' ? written.failureModeDeny !== true : written.failureModeAllow === true;
    const why = unanswered(written, filter.clusters);
    if (!open && why !== undefined) found.blocked ??= `filter ${name} gets no answer: ${why}`;
    return;
  }
  const secret = WANTS_SECRET[kind];
  if (secret !== undefined) found.blocked ??= `filter ${name} ${secret}`;
  else if (kind === 'fault') judgeFault(found, filter);
  else if (kind === 'jwt_authn') judgeJwt(found, filter);
  else if (kind === 'health_check') judgeHealth(found, filter);
  else if (kind === 'rbac') {
    const rbac = typeOf(override).endsWith('RBACPerRoute') ? objectAt(override, 'rbac') : written;
    if (!plainlyAllows(rbac)) unsure();
  } else if (kind === 'csrf') {
    if (!['GET', 'HEAD', 'OPTIONS'].includes(filter.probe.method)) unsure();
  } else unsure();
}

/** Why a filter's service does not answer; undefined where it does. */
function unanswered(written: JsonObject, clusters: ClusterReader): string | undefined {
  for (const container of containersIn(written)) {
    const cluster = textAt(container, 'clusterName') ?? textAt(container, 'cluster');
    const outcome = cluster === undefined ? undefined : clusters.outcomeOf(cluster);
    if (outcome?.kind === 'unknown') return outcome.reason;
  }
  return undefined;
}

function plainlyAllows(rbac: JsonObject | undefined): boolean {
  if (!rbac || (!rbac.rules && !rbac.matcher)) return true;
  if (rbac.matcher) return false;
  const policies = Object.values(objectAt(rbac, 'rules', 'policies') ?? {});
  const action = textAt(rbac, 'rules', 'action') ?? 'ALLOW';
  if (action === 'LOG') return true;
  if (action === 'DENY') return policies.length === 0;
  return policies.some(
    (policy) =>
      member(policy, 'condition') === undefined &&
      objectsAt(policy, 'permissions').some((permission) => permission.any === true) &&
      objectsAt(policy, 'principals').some((principal) => principal.any === true),
  );
}

/** The pass-through health check: it answers requests of its own paths itself, unless it passes them on. */
function judgeHealth(found: Mutable, { name, written, probe }: FilterInPlace): void {
  if (written.passThroughMode === true) return;
  if (objectsAt(written, 'headers').every((matcher) => matchesHeader(matcher, probe) !== 'no')) {
    found.blocked ??= `filter ${name} answers it as a health check`;
  }
}

function judgeJwt(found: Mutable, { name, written, override, probe }: FilterInPlace): void {
  if (written.bypassCorsPreflight === true && probe.method === 'OPTIONS') return;
  const named = textAt(override, 'requirementName');
  let requirement = named === undefined ? undefined : objectAt(written, 'requirementMap', named);
  if (named === undefined) {
    const rule = objectsAt(written, 'rules').find(
      (candidate) => matchesRequest(objectAt(candidate, 'match') ?? {}, probe) !== 'no',
    );
    const byName = textAt(rule, 'requirementName');
    requirement =
      objectAt(rule, 'requires') ?? (byName === undefined ? undefined : objectAt(written, 'requirementMap', byName));
  }
  if (requirement && !allowsMissing(requirement))
    found.blocked ??= `filter ${name} wants a token that a check does not have`;
}

function allowsMissing(requirement: JsonObject): boolean {
  if (requirement.allowMissing || requirement.allowMissingOrFailed) return true;
  const any = objectsAt(requirement, 'requiresAny', 'requirements');
  const all = objectsAt(requirement, 'requiresAll', 'requirements');
  if (any.length > 0) return any.some(allowsMissing);
  if (all.length > 0) return all.every(allowsMissing);
  return Object.keys(requirement).length === 0;
}

const LONGEST_DELAY_MS = 30_000;

function judgeFault(found: Mutable, { name, written, override, probe, cluster, runtime }: FilterInPlace): void {
  const fault = override ?? written;
  const applies =
    objectsAt(fault, 'headers').every((matcher) => matchesHeader(matcher, probe) !== 'no') &&
    [undefined, '', cluster].includes(textAt(fault, 'upstreamCluster'));
  if (!applies) return;
  const sometimes = textsAt(fault, 'downstreamNodes').length > 0;
  const delay = objectAt(fault, 'delay');
  const delayKey = textAt(fault, 'delayPercentRuntime') || 'fault.http.delay.fixed_delay_percent';
  const delayMs = durationMsAt(delay, 'fixedDelay') ?? 0;
  if (delay && delayMs > 0 && runtimeFraction(runtime, delayKey, delay.percentage) > 0) {
    if (delayMs > LONGEST_DELAY_MS) found.blocked ??= `filter ${name} delays requests by ${delayMs / 1000} s`;
    else found.delayMs += delayMs;
  }
  const abort = objectAt(fault, 'abort');
  if (!abort || abort.headerAbort) return;
  const abortKey = textAt(fault, 'abortPercentRuntime') || 'fault.http.abort.abort_percent';
  const share = runtimeFraction(runtime, abortKey, abort.percentage);
  if (share === 0) return;
  const statusKey = textAt(fault, 'abortHttpStatusRuntime') || 'fault.http.abort.http_status';
  const status = Number(runtime.get(statusKey) ?? numberAt(abort, 'httpStatus') ?? 0);
  if (share === 1 && !sometimes && status !== 0) found.abortStatus ??= status;
  else {
    found.unsure ??= `filter ${name} aborts ${Math.round(share * 100)} % of its requests`;
    found.passes *= sometimes ? 1 : Math.max(0, 1 - share);
  }
}
