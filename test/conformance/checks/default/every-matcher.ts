import type { JsonObject } from '../../../../render/json.ts';
import type { Snapshot } from '../../../../render/snapshot.ts';
import { cluster, HTTP2, listener, managed, routes, snapshotOf, to } from '../../snapshot-of.ts';

export const ANY = 'type.googleapis.com/';
const withHeader = (name: string, rest: JsonObject): JsonObject => ({ prefix: '/h', headers: [{ name, ...rest }] });

/** Each route has a cluster of its own: whoever answers says which route took the request. */
const MATCHES: Readonly<Record<string, JsonObject>> = {
  'exact path': { path: '/exact' },
  'exact path, any case': { path: '/CaSe', caseSensitive: false },
  regex: { safeRegex: { regex: '/re/[a-z]{2,4}/(?:x|y)\\d+' } },
  'regex, any case': { safeRegex: { regex: '(?i)/RE/[[:alpha:]]+' } },
  'separated prefix': { pathSeparatedPrefix: '/sep/a' },
  template: {
    pathMatchPolicy: {
      name: 'envoy.path.match.uri_template.uri_template_matcher',
      typedConfig: {
        '@type': `${ANY}envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig`,
        pathTemplate: '/t/{country=*}/{rest=**}',
      },
    },
  },
  method: withHeader(':method', { stringMatch: { exact: 'PUT' } }),
  'another method': { prefix: '/m', headers: [{ name: ':method', stringMatch: { exact: 'GET' }, invertMatch: true }] },
  'exact value': withHeader('x-exact', { stringMatch: { exact: 'v' } }),
  'any case': withHeader('x-case', { stringMatch: { exact: 'VaLuE', ignoreCase: true } }),
  prefix: withHeader('x-prefix', { stringMatch: { prefix: 'p-' } }),
  suffix: withHeader('x-suffix', { stringMatch: { suffix: '-s' } }),
  contains: withHeader('x-contains', { stringMatch: { contains: 'mid' } }),
  'value regex': withHeader('x-regex', { stringMatch: { safeRegex: { regex: '[0-9a-f]{8}' } } }),
  range: withHeader('x-range', { rangeMatch: { start: '-5', end: '5' } }),
  there: withHeader('x-there', { presentMatch: true }),
  'another value': withHeader('x-not', { stringMatch: { exact: 'v' }, invertMatch: true }),
  'two of one name': {
    prefix: '/h',
    headers: [
      { name: 'x-two', stringMatch: { prefix: 'a' } },
      { name: 'x-two', stringMatch: { suffix: 'z' } },
    ],
  },
  query: { prefix: '/q', queryParameters: [{ name: 'a', stringMatch: { safeRegex: { regex: 'v\\d' } } }] },
  'query there': { prefix: '/q', queryParameters: [{ name: 'there', presentMatch: true }] },
  grpc: { prefix: '/', grpc: {} },
  'missing counts as empty': {
    prefix: '/e',
    headers: [{ name: 'x-e', stringMatch: { exact: 'v' }, invertMatch: true, treatMissingHeaderAsEmpty: true }],
  },
  'not there': { prefix: '/n', headers: [{ name: 'x-n', presentMatch: true, invertMatch: true }] },
  'prefix below others': { prefix: '/' },
};

export function everyMatcher(): Snapshot {
  const list = Object.entries(MATCHES).map(([name, match], index) => to(match, `c${index}`, { name }));
  return snapshotOf({
    listener: [
      listener('edge', [
        {
          filters: [
            managed(
              { rds: { routeConfigName: 'r', configSource: { ads: {}, resourceApiVersion: 'V3' } } },
              { normalizePath: true, mergeSlashes: true },
            ),
          ],
        },
      ]),
    ],
    route: [
      routes('r', [
        { name: 'main', domains: ['main.test'], routes: list },
        { name: 'suffix', domains: ['*.test'], routes: [to({ prefix: '/' }, 'suffix')] },
        { name: 'longer', domains: ['*.longer.test'], routes: [to({ prefix: '/' }, 'longer')] },
        { name: 'prefix', domains: ['pre.*'], routes: [to({ prefix: '/' }, 'prefix')] },
        { name: 'port', domains: ['port.test:8080'], routes: [to({ prefix: '/' }, 'port')] },
        {
          name: 'rest',
          domains: ['*'],
          routes: [
            { match: { path: '/moved' }, redirect: { hostRedirect: 'x.test', responseCode: 'FOUND' } },
            { match: { path: '/fixed' }, directResponse: { status: 410 } },
            to({ prefix: '/' }, 'rest'),
          ],
        },
      ]),
    ],
    cluster: [
      ...list.map((_, index) => cluster(`c${index}`, index % 2 === 0 ? HTTP2 : {})),
      ...['suffix', 'longer', 'prefix', 'port', 'rest'].map((name) => cluster(name)),
    ],
  });
}
