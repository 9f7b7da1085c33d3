import type { JsonObject } from '../../../render/json.ts';
import { member, objectAt, objectsAt } from '../../../render/read-json.ts';
import { type Answer, answer } from '../../matching/string-matcher.ts';
import { matchesCookie, matchesHeader, matchesQueryParameter } from './field-match.ts';
import { matchesPath } from './path-match.ts';
import { type Probe, pathOf } from './probe.ts';
import { type RuntimeValues, runtimeFractionOf } from './runtime-values.ts';
import { selectVirtualHost } from './virtual-host-match.ts';

export type RouteMatchResult = {
  readonly virtualHost: JsonObject | undefined;
  /**
   * The routes that may take the request, in order: those that hang on chance or on something that cannot be seen, and, last,
   * the one that takes it in any case.
   */
  readonly routes: readonly JsonObject[];
  /** False if none takes it in any case: it may end as 404. */
  readonly certain: boolean;
};

/** Follows Envoy's own order: the virtual host by domain, then its routes from the top. */
export function matchRoute(routeConfig: JsonObject, probe: Probe, runtime: RuntimeValues): RouteMatchResult {
  const virtualHost = selectVirtualHost(routeConfig, probe.authority);
  const routes: JsonObject[] = [];
  for (const route of objectsAt(virtualHost, 'routes')) {
    const taken = matchesRoute(objectAt(route, 'match') ?? {}, probe, runtime);
    if (taken !== 'no') routes.push(route);
    if (taken === 'yes') return { virtualHost, routes, certain: true };
  }
  return { virtualHost, routes, certain: false };
}

/** Evaluates a whole `RouteMatch`. A runtime fraction between none and all is `unknown`: some requests match. */
function matchesRoute(match: JsonObject, probe: Probe, runtime: RuntimeValues): Answer {
  const share = runtimeFractionOf(runtime, objectAt(match, 'runtimeFraction'), 1);
  if (share === 0) return 'no';
  const fixed = matchesRequest(match, probe);
  return fixed === 'yes' && share < 1 ? 'unknown' : fixed;
}

/** The same without chance: whether the request is one that the match is about. */
export function matchesRequest(match: JsonObject, probe: Probe): Answer {
  return all([
    matchesPath(match, pathOf(probe)),
    match.grpc === undefined ? 'yes' : answer(isGrpc(probe)),
    ...objectsAt(match, 'headers').map((matcher) => matchesHeader(matcher, probe)),
    ...objectsAt(match, 'queryParameters').map((matcher) => matchesQueryParameter(matcher, probe)),
    ...objectsAt(match, 'cookies').map((matcher) => matchesCookie(matcher, probe)),
    matchesTls(match, probe),
    objectsAt(match, 'dynamicMetadata').length + objectsAt(match, 'filterState').length > 0 ? 'unknown' : 'yes',
  ]);
}

export const isGrpc = (probe: Probe): boolean => /^application\/grpc(\+|$)/.test(probe.headers['content-type'] ?? '');

function matchesTls(match: JsonObject, probe: Probe): Answer {
  const wanted = objectAt(match, 'tlsContext');
  // The check's certificate is signed by the authority that listeners trust: presented is validated, where they validate.
  const fits = ['presented', 'validated'].every(
    (field) => member(wanted, field) === undefined || member(wanted, field) === probe.clientCertificate,
  );
  return answer(fits);
}

function all(answers: readonly Answer[]): Answer {
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}
