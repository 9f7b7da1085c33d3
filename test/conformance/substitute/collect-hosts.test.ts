import { expect, test } from 'vitest';
import { collectHosts } from '../../../conformance/substitute/collect-hosts.ts';
import { hostKeyText } from '../../../conformance/upstream/stand-in.ts';
import { cluster, hostsAt, snapshotOf, socket, upstreamTls } from '../snapshot-of.ts';

const EDS = { type: 'EDS', edsClusterConfig: { edsConfig: { ads: {} } }, loadAssignment: null };
const eds = (name: string, serviceName?: string) => {
  const { loadAssignment: _, ...body } = cluster(name, EDS);
  return serviceName ? { ...body, edsClusterConfig: { edsConfig: { ads: {} }, serviceName } } : body;
};
const textOf = (specs: ReturnType<typeof collectHosts>) => specs.map(({ key }) => hostKeyText(key));

test('hosts of every kind of cluster, each once', () => {
  const dns = {
    clusterType: {
      name: 'envoy.clusters.dns',
      typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster' },
    },
  };
  const snapshot = snapshotOf({
    cluster: [
      cluster('static', {
        loadAssignment: {
          clusterName: 'static',
          endpoints: [...hostsAt(['10.0.0.1', 1], ['10.0.0.1', 1]), { priority: 1, ...hostsAt(['10.0.0.2', 2])[0] }],
        },
      }),
      cluster('dns', { ...dns, loadAssignment: { clusterName: 'dns', endpoints: hostsAt(['a.example', 443]) } }),
      cluster('pipe', {
        loadAssignment: {
          clusterName: 'pipe',
          endpoints: [{ lbEndpoints: [{ endpoint: { address: { pipe: { path: '/run/a.sock' } } } }] }],
        },
      }),
      eds('eds'),
      eds('other', 'eds'),
      cluster('dst', { type: 'ORIGINAL_DST', loadAssignment: { clusterName: 'dst' } }),
      cluster('dfp', {
        clusterType: { name: 'envoy.clusters.dynamic_forward_proxy' },
        loadAssignment: { clusterName: 'dfp', endpoints: [] },
      }),
    ],
    endpoint: [
      { clusterName: 'eds', endpoints: hostsAt(['10.1.0.1', 80]) },
      { clusterName: 'nobody', endpoints: hostsAt(['10.9.9.9', 9]) },
    ],
  });
  expect(textOf(collectHosts(snapshot))).toEqual([
    'dns/a.example:443',
    'eds/10.1.0.1:80',
    'other/10.1.0.1:80',
    'pipe//run/a.sock:0',
    'static/10.0.0.1:1',
    'static/10.0.0.2:2',
  ]);
});

test('a health check with a port or an address of its own is a host of its own', () => {
  const endpoint = (healthCheckConfig: object) => ({
    endpoint: { address: socket('10.0.0.1', 80), healthCheckConfig: { ...healthCheckConfig } },
  });
  const snapshot = snapshotOf({
    cluster: [
      cluster('a', {
        loadAssignment: {
          clusterName: 'a',
          endpoints: [
            {
              lbEndpoints: [
                endpoint({ portValue: 81 }),
                endpoint({ address: socket('10.0.0.9', 82) }),
                endpoint({ portValue: 80 }),
              ],
            },
          ],
        },
      }),
      cluster('b', { healthChecks: [{ altPort: 90, httpHealthCheck: { path: '/h' } }] }),
    ],
  });
  expect(textOf(collectHosts(snapshot))).toEqual([
    'a/10.0.0.1:80',
    'a/10.0.0.1:81',
    'a/10.0.0.9:82',
    'b/10.0.0.1:8080',
    'b/10.0.0.1:90',
  ]);
});

test('what health checks ask and want to hear', () => {
  const healthChecks = [
    { httpHealthCheck: { path: '/h', expectedStatuses: [{ start: '204', end: '205' }], receive: [{ text: '6f6b' }] } },
    { grpcHealthCheck: { serviceName: 'payments' } },
    { tcpHealthCheck: { send: { text: '70696E67' }, receive: [{ binary: Buffer.from('pong').toString('base64') }] } },
    { tcpHealthCheck: { send: { binary: Buffer.from('ping').toString('base64') }, receive: [{ text: '6f6b' }] } },
    { tcpHealthCheck: {} },
  ];
  const [spec] = collectHosts(snapshotOf({ cluster: [cluster('a', { healthChecks })] }));
  expect(spec?.healthCheckPaths).toEqual(['/h', 'payments']);
  expect(spec?.healthCheckAnswers).toEqual({ '/h': { status: 204, body: 'ok' } });
  expect(spec?.tcpHealthChecks).toEqual([
    { send: '70696e67', receive: ['706f6e67'] },
    { send: '', receive: ['6f6b'] },
    { send: '', receive: [] },
  ]);
});

test.each([
  [{ exact: 'payments.test' }, 'dns', 'payments.test'],
  [{ exact: 'spiffe://mesh/payments' }, 'uri', 'spiffe://mesh/payments'],
  [{ exact: '10.0.0.1' }, 'ip', '10.0.0.1'],
  [{ prefix: 'spiffe://mesh/' }, 'uri', 'spiffe://mesh/meshgate'],
  [{ suffix: '.test' }, 'dns', 'meshgate.test'],
  [{ contains: 'payments' }, 'dns', 'payments'],
  [{ safeRegex: { regex: 'spiffe://mesh/[a-z]{2}/x' } }, 'uri', 'spiffe://mesh/aa/x'],
] as const)('a certificate name for %j', (matcher, kind, name) => {
  const common = { validationContext: { trustedCa: { filename: '/ca' }, matchSubjectAltNames: [matcher] } };
  const [spec] = collectHosts(
    snapshotOf({ cluster: [cluster('a', { transportSocket: upstreamTls({ sni: 'sni.test' }, common) })] }),
  );
  expect(spec?.certificateNames[kind]).toContain(name);
  expect(spec?.certificateNames.dns).toContain('sni.test');
});

test('names come from the secret that validates, too', () => {
  const common = {
    combinedValidationContext: { validationContextSdsSecretConfig: { name: 'ca', sdsConfig: { ads: {} } } },
  };
  const snapshot = snapshotOf({
    cluster: [cluster('a', { transportSocket: upstreamTls({}, common) })],
    secret: [
      {
        name: 'ca',
        validationContext: { matchTypedSubjectAltNames: [{ sanType: 'URI', matcher: { exact: 'spiffe://a/b' } }] },
      },
    ],
  });
  expect(collectHosts(snapshot)[0]?.certificateNames.uri).toEqual(['spiffe://a/b']);
});

test('a target of the Google gRPC client has a stand-in', () => {
  const service = { grpcService: { googleGrpc: { targetUri: 'dns:///traces.example:4317', statPrefix: 't' } } };
  const snapshot = snapshotOf({
    listener: [{ name: 'l', filterChains: [{ filters: [{ name: 'x', typedConfig: { '@type': 'x', ...service } }] }] }],
  });
  expect(collectHosts(snapshot).map(({ key }) => key)).toEqual([
    { cluster: 'google_grpc dns:///traces.example:4317', address: 'traces.example', port: 4317 },
  ]);
});
