import type { JsonObject } from '../../../../render/json.ts';
import type { Snapshot } from '../../../../render/snapshot.ts';
import {
  cluster,
  downstreamTls,
  HTTP2,
  hostsAt,
  INSPECT,
  listener,
  managed,
  snapshotOf,
  to,
  upstreamTls,
} from '../../snapshot-of.ts';

import { ANY } from './every-matcher.ts';
export const table = (name: string, more: JsonObject = {}) =>
  managed(
    { routeConfig: { name, virtualHosts: [{ name: 'v', domains: ['*'], routes: [to({ prefix: '/' }, name)] }] } },
    more,
  );
const tcp = (name: string): JsonObject => ({
  name: 'tcp',
  typedConfig: {
    '@type': `${ANY}envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`,
    statPrefix: 't',
    cluster: name,
  },
});

export function everyChain(): Snapshot {
  const mutual = downstreamTls(
    { requireClientCertificate: true },
    { validationContext: { trustedCa: { filename: '/etc/ca.pem' } } },
  );
  const eds = {
    type: 'EDS',
    edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: 'V3' }, serviceName: 'shared' },
  };
  const secured = {
    trustedCa: { filename: '/etc/ca.pem' },
    matchTypedSubjectAltNames: [{ sanType: 'URI', matcher: { prefix: 'spiffe://mesh/' } }],
  };
  const log = {
    accessLog: [
      {
        name: 'log',
        typedConfig: {
          '@type': `${ANY}envoy.extensions.access_loggers.file.v3.FileAccessLog`,
          path: '/var/log/nowhere/access.log',
        },
      },
    ],
  };
  const names = ['plain', 'mutual', 'wild', 'other', 'port', 'source', 'rest', 'passed', 'bytes', 'h2'];
  const withoutHosts = (name: string) => ({ name, connectTimeout: '1s', ...eds });
  return snapshotOf({
    listener: [
      listener('http', [{ filters: [table('plain', log)] }]),
      listener('h2', [{ filters: [table('h2', { codecType: 'HTTP2' })] }]),
      listener(
        'tls',
        [
          {
            name: 'mutual',
            filterChainMatch: { serverNames: ['mutual.test'] },
            transportSocket: mutual,
            filters: [table('mutual')],
          },
          {
            name: 'wild',
            filterChainMatch: { serverNames: ['*.test'] },
            transportSocket: downstreamTls({}, { alpnProtocols: ['h2'] }),
            filters: [table('wild')],
          },
          {
            name: 'other',
            transportSocket: downstreamTls(
              {},
              {
                tlsCertificateSdsSecretConfigs: [{ name: 'made', sdsConfig: { ads: {}, resourceApiVersion: 'V3' } }],
                tlsCertificates: [],
              },
            ),
            filters: [table('other')],
          },
          { name: 'passed', filterChainMatch: { serverNames: ['db.internal'] }, filters: [tcp('passed')] },
        ],
        INSPECT,
      ),
      listener(
        'by-address',
        [
          { name: 'port', filterChainMatch: { destinationPort: 8443 }, filters: [table('port')] },
          {
            name: 'source',
            filterChainMatch: { sourcePrefixRanges: [{ addressPrefix: '10.2.0.0', prefixLen: 16 }] },
            filters: [table('source')],
          },
          {
            name: 'secure-port',
            filterChainMatch: { destinationPort: 9443, transportProtocol: 'tls' },
            transportSocket: downstreamTls(),
            filters: [table('rest')],
          },
          { name: 'rest', filters: [table('rest')] },
        ],
        { bindToPort: false, useOriginalDst: true, ...INSPECT },
      ),
      listener('tcp', [{ filters: [tcp('bytes')] }]),
      listener('shared', [
        {
          filters: [
            managed({
              routeConfig: {
                name: 's',
                virtualHosts: [
                  {
                    name: 'v',
                    domains: ['*'],
                    routes: [
                      to({ path: '/one' }, 'one'),
                      to({ path: '/two' }, 'two'),
                      to({ path: '/dns' }, 'dns'),
                      to({ path: '/secured' }, 'secured'),
                      to({ prefix: '/shop.Cart/' }, 'grpc'),
                      to({ prefix: '/' }, 'all'),
                    ],
                  },
                ],
              },
            }),
          ],
        },
      ]),
    ],
    cluster: [
      ...names.map((name) => cluster(name)),
      withoutHosts('one'),
      withoutHosts('two'),
      cluster('dns', {
        type: 'STRICT_DNS',
        dnsLookupFamily: 'V6_ONLY',
        loadAssignment: { clusterName: 'dns', endpoints: hostsAt(['nowhere.invalid', 80]) },
        healthChecks: [
          {
            timeout: '1s',
            interval: '1s',
            unhealthyThreshold: 1,
            healthyThreshold: 1,
            altPort: 9000,
            httpHealthCheck: { path: '/healthz' },
          },
        ],
      }),
      cluster('secured', {
        transportSocket: upstreamTls({ sni: 'secured.test' }, { validationContext: secured }),
        upstreamBindConfig: { sourceAddress: { address: '10.9.9.9', portValue: 0 } },
      }),
      cluster('grpc', {
        ...HTTP2,
        healthChecks: [
          {
            timeout: '1s',
            interval: '1s',
            unhealthyThreshold: 1,
            healthyThreshold: 1,
            grpcHealthCheck: { serviceName: 'shop.Cart' },
          },
        ],
      }),
      {
        name: 'all',
        connectTimeout: '1s',
        lbPolicy: 'CLUSTER_PROVIDED',
        clusterType: {
          name: 'envoy.clusters.aggregate',
          typedConfig: {
            '@type': `${ANY}envoy.extensions.clusters.aggregate.v3.ClusterConfig`,
            clusters: ['dns', 'plain'],
          },
        },
      },
    ],
    endpoint: [{ clusterName: 'shared', endpoints: hostsAt(['10.1.0.1', 80]) }],
  });
}
