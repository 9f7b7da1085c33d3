import type { JsonObject } from '../../../render/json.ts';
import { numberAt, objectAt, objectsAt, textAt, textsAt } from '../../../render/read-json.ts';
import { matchesString, sampleStrings } from '../../matching/string-matcher.ts';
import { headerSamples, headerStringMatcher, matchesHeader } from './field-match.ts';
import { pathSamples } from './path-match.ts';
import type { Probe } from './probe.ts';
import { matchesRequest, matchRoute } from './route-match.ts';
import { type RuntimeValues, runtimeFractionOf } from './runtime-values.ts';
import { authoritiesFor, selectVirtualHost } from './virtual-host-match.ts';

/** Where a route stands, and what is fixed for every request that comes to it. */
export type RouteContext = {
  readonly routeConfig: JsonObject;
  readonly virtualHost: JsonObject;
  readonly route: JsonObject;
  readonly manager: JsonObject;
  readonly runtime: RuntimeValues;
  readonly scheme: Probe['scheme'];
  readonly clientCertificate: boolean;
  /** Headers that the request must carry anyhow (a scope's key). */
  readonly headers: Readonly<Record<string, string>>;
};

export type DerivedRequest =
  | {
      readonly kind: 'derived';
      readonly probe: Probe;
      /** Every route that may take it, the wanted one among them; `certain` as in `RouteMatchResult`. */
      readonly routes: readonly JsonObject[];
      readonly certain: boolean;
    }
  | { readonly kind: 'impossible'; readonly reason: string };

/** Headers that a client of HTTP cannot set freely, or that Envoy overwrites. */
const NOT_OURS =
  /^(:protocol|:scheme|connection|upgrade|transfer-encoding|te|content-length|x-envoy-.*|x-forwarded-for|x-request-id|forwarded)$/;
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

/** A request that reaches exactly this route, by the route table's own order; `impossible` says why there is none. */
export function deriveRequest(context: RouteContext): DerivedRequest {
  const match = objectAt(context.route, 'match') ?? {};
  const fixed = fixedParts(match, context);
  if (typeof fixed === 'string') return { kind: 'impossible', reason: fixed };
  const exact = textAt(match, 'path') ?? textAt(match, 'pathSeparatedPrefix') ?? textAt(match, 'prefix') ?? '/';
  if (exact !== '' && !exact.startsWith('/'))
    return { kind: 'impossible', reason: `no path of a request is like ${exact}, without a slash` };
  const paths = pathsFor(match, context.manager);
  if (paths.length === 0) return { kind: 'impossible', reason: `no path can be made for ${describeMatch(match)}` };
  const authorities = authoritiesOf(match, context);
  if (authorities.length === 0)
    return {
      kind: 'impossible',
      reason: 'every domain of its virtual host is taken by a more specific one, or cannot be sent',
    };
  const shadows = new Set<string>();
  for (const authority of authorities) {
    for (const path of paths) {
      const probe = { ...fixed, authority, path: path + (fixed.path === '' ? '' : `?${fixed.path}`) };
      const seen = { ...probe, authority: strippedAuthority(context.manager, authority) };
      if (matchesRequest(match, seen) !== 'yes') continue;
      const { routes, certain } = matchRoute(context.routeConfig, seen, context.runtime);
      if (routes.includes(context.route)) return { kind: 'derived', probe, routes, certain };
      const taker = routes.at(-1);
      if (taker) shadows.add(labelOf(taker));
    }
  }
  if (shadows.size > 0)
    return { kind: 'impossible', reason: `shadowed by route ${[...shadows].slice(0, 3).join(', ')}` };
  return { kind: 'impossible', reason: `no request can be made for ${describeMatch(match)}` };
}

/** Method, headers and (in the place of the path) the query, or why there can be none. */
function fixedParts(
  match: JsonObject,
  context: RouteContext,
): (Omit<Probe, 'authority'> & { readonly path: string }) | string {
  if (objectAt(match, 'connectMatcher')) return 'it takes CONNECT requests, which default checks do not make';
  if (objectsAt(match, 'dynamicMetadata').length > 0)
    return 'it hangs on metadata that filters set while a request runs';
  if (objectsAt(match, 'filterState').length > 0) return 'it hangs on filter state that is not to be seen from outside';
  const tls = objectAt(match, 'tlsContext');
  const presents = tls?.presented === true || tls?.validated === true;
  if (presents && context.scheme === 'http') return 'it wants a client certificate, and the listener has no TLS';
  if (runtimeFractionOf(context.runtime, objectAt(match, 'runtimeFraction'), 1) === 0)
    return 'its runtime fraction is 0';
  const headers: Record<string, string> = { ...context.headers };
  if (match.grpc !== undefined) headers['content-type'] = 'application/grpc';
  const byName = Map.groupBy(objectsAt(match, 'headers'), (matcher) => (textAt(matcher, 'name') ?? '').toLowerCase());
  let method = match.grpc === undefined ? 'GET' : 'POST';
  for (const [name, matchers] of byName) {
    if (name === ':authority' || name === 'host' || name === ':path') continue; // tried with authorities and paths
    const fits = (value: string | undefined) => {
      const probe: Probe = {
        ...BLANK,
        method,
        scheme: context.scheme,
        headers: value === undefined ? {} : { [name]: value },
      };
      const seen = name === ':method' && value !== undefined ? { ...probe, method: value } : probe;
      return matchers.every((matcher) => matchesHeader(matcher, seen) === 'yes');
    };
    if (name === ':method') {
      const chosen = [method, ...matchers.flatMap(headerSamples), ...METHODS].find(
        (value) => value !== undefined && METHODS.includes(value) && fits(value),
      );
      if (chosen === undefined) return 'no method fits its matchers that a check can send';
      method = chosen;
      continue;
    }
    const current = headers[name];
    if (fits(current)) continue;
    const why = unsendable(name, context);
    if (why !== undefined) return why;
    const value = valuesFor(matchers).find(
      (candidate) => candidate !== undefined && sendable(candidate) && fits(candidate),
    );
    if (value === undefined) return `no value of header ${name} can be made that fits its matchers`;
    headers[name] = value;
  }
  const cookies = objectsAt(match, 'cookies')
    .filter((cookie) => cookie.invertMatch !== true)
    .map((cookie) => `${textAt(cookie, 'name') ?? ''}=${sampleOf(cookie)}`);
  if (cookies.length > 0) headers.cookie = [headers.cookie, ...cookies].filter((text) => text !== undefined).join('; ');
  const query = objectsAt(match, 'queryParameters')
    .filter((parameter) => parameter.presentMatch !== false)
    .map((parameter) => `${textAt(parameter, 'name') ?? ''}=${sampleOf(parameter)}`);
  const clientCertificate = context.clientCertificate || presents;
  return { method, headers, path: query.join('&'), scheme: context.scheme, clientCertificate };
}

const BLANK: Probe = { method: 'GET', authority: '', path: '/', headers: {}, scheme: 'http', clientCertificate: false };

function unsendable(name: string, { manager }: RouteContext): string | undefined {
  if (name === 'x-forwarded-proto') {
    if ((numberAt(manager, 'xffNumTrustedHops') ?? 0) > 0) return undefined;
    return manager.useRemoteAddress === true ? 'the listener itself sets x-forwarded-proto' : undefined;
  }
  if (NOT_OURS.test(name)) return `a client cannot set header ${name} as it likes`;
  const underscores = textAt(manager, 'commonHttpProtocolOptions', 'headersWithUnderscoresAction') ?? 'ALLOW';
  if (underscores !== 'ALLOW' && name.includes('_'))
    return `the listener takes no headers with underscores, as ${name} is`;
  return undefined;
}

/** Values for several matchers of one header: each one's own, and, for prefix, parts and suffix together, their joint. */
function valuesFor(matchers: readonly JsonObject[]): readonly (string | undefined)[] {
  const strings = matchers
    .filter((matcher) => matcher.invertMatch !== true)
    .map((matcher) => headerStringMatcher(matcher) ?? {});
  const part = (field: string) => strings.map((matcher) => textAt(matcher, field) ?? '').join('');
  return [...matchers.flatMap(headerSamples), `${part('prefix')}${part('contains')}${part('suffix')}`];
}

/** A value for a query parameter or a cookie. */
function sampleOf(matcher: JsonObject): string {
  const strings = objectAt(matcher, 'stringMatch');
  if (!strings) return '1';
  const fits = (value: string) =>
    /^[\x21-\x7e]*$/.test(value) && !/[&#;]/.test(value) && matchesString(strings, value) === 'yes';
  return sampleStrings(strings).find(fits) ?? '1';
}

/** RFC 9110, section 5.5, without what a header's ends lose on the way. */
const sendable = (value: string): boolean => /^[\x20-\x7e]*$/.test(value) && value.trim() === value;

function pathsFor(match: JsonObject, manager: JsonObject): readonly string[] {
  const own = objectsAt(match, 'headers').filter(
    (matcher) => textAt(matcher, 'name') === ':path' && matcher.invertMatch !== true,
  );
  const all = [...pathSamples(match), ...own.flatMap(headerSamples)].filter((path) => path !== undefined);
  return [...new Set(all)].filter(
    (path) => /^\/[\x21-\x7e]*$/.test(path) && !/[?#]/.test(path) && survives(path, manager),
  );
}

/** False for a path that the connection manager would turn into another one before routes see it, or refuse. */
function survives(path: string, manager: JsonObject): boolean {
  if (manager.mergeSlashes === true && path.includes('//')) return false;
  if (
    manager.normalizePath === true &&
    (/\/\.\.?(\/|$)|\\/.test(path) || /%(2e|[46][1-9a-f]|[57][0-9a]|3\d)/i.test(path))
  )
    return false;
  const escaped = textAt(manager, 'pathWithEscapedSlashesAction') ?? 'KEEP_UNCHANGED';
  return escaped === 'KEEP_UNCHANGED' || escaped === 'IMPLEMENTATION_SPECIFIC_DEFAULT' || !/%(2f|5c)/i.test(path);
}

export function strippedAuthority(manager: JsonObject, authority: string): string {
  const withoutPort = manager.stripAnyHostPort === true ? authority.replace(/:\d+$/, '') : authority;
  return manager.stripTrailingHostDot === true ? withoutPort.replace(/\.(:\d+)?$/, '$1') : withoutPort;
}

function authoritiesOf(match: JsonObject, { routeConfig, virtualHost, manager }: RouteContext): readonly string[] {
  const own = objectsAt(match, 'headers').filter(
    (matcher) =>
      [':authority', 'host'].includes((textAt(matcher, 'name') ?? '').toLowerCase()) && matcher.invertMatch !== true,
  );
  const all = [...own.flatMap(headerSamples), ...textsAt(virtualHost, 'domains').flatMap(authoritiesFor)].filter(
    (name) => name !== undefined,
  );
  const usable = all.filter(
    (authority) =>
      /^[\w[][\w.:[\]-]*$/.test(authority) &&
      selectVirtualHost(routeConfig, strippedAuthority(manager, authority)) === virtualHost,
  );
  return [...new Set(usable)].slice(0, 6);
}

/** `prefix /api`: what a route takes, for people. */
export function describeMatch(match: JsonObject): string {
  for (const field of ['prefix', 'path', 'pathSeparatedPrefix']) {
    const text = textAt(match, field);
    if (text !== undefined) return `${{ pathSeparatedPrefix: 'path-prefix' }[field] ?? field} ${text}`;
  }
  const regex = textAt(match, 'safeRegex', 'regex');
  if (regex !== undefined) return `regex ${regex}`;
  const template = textAt(match, 'pathMatchPolicy', 'typedConfig', 'pathTemplate');
  if (template !== undefined) return `template ${template}`;
  return objectAt(match, 'connectMatcher') ? 'connect' : 'any path';
}

export const labelOf = (route: JsonObject): string =>
  textAt(route, 'name') || describeMatch(objectAt(route, 'match') ?? {});
