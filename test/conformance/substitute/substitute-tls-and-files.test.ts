import { describe, expect, test } from 'vitest';
import { accessLogFile } from '../../../conformance/substitute/access-log-file.ts';
import { substitute } from '../../../conformance/substitute/substitute.ts';
import type { JsonObject } from '../../../render/json.ts';
import { cluster, downstreamTls, listener, managed, snapshotOf, socket, upstreamTls } from '../snapshot-of.ts';
import { testOptions } from './options.ts';

const run = (bodies: Parameters<typeof snapshotOf>[0], bootstrap?: JsonObject) =>
  substitute(snapshotOf(bodies, bootstrap), testOptions());
const only = (bodies: Parameters<typeof snapshotOf>[0]) => run(bodies).resources[0]?.body;
const FILE_LOG = 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog';
const STDOUT = 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog';

describe('TLS', () => {
  const pem = (text: string) => ({
    inlineString: expect.stringMatching(new RegExp(`^written [0-9a-f]{12}\n${text}$`)),
  });

  test("a listener shows the cell's certificate and trusts the cell's authority", () => {
    const socketBody = downstreamTls(
      { requireClientCertificate: true, ocspStaplePolicy: 'MUST_STAPLE' },
      {
        validationContext: {
          trustedCa: { filename: '/ca' },
          verifyCertificateHash: ['ab'],
          matchTypedSubjectAltNames: [{ sanType: 'DNS', matcher: { exact: 'x' } }],
        },
      },
    );
    const { resources, substitutions } = run({ listener: [listener('l', [{ transportSocket: socketBody }])] });
    const [chain] = (resources[0]?.body.filterChains ?? []) as JsonObject[];
    expect(chain?.transportSocket).toMatchObject({ typedConfig: { requireClientCertificate: true } });
    expect(JSON.stringify(chain)).not.toMatch(/ocspStaple|verifyCertificateHash|matchTyped|filename/);
    expect(chain).toMatchObject({
      transportSocket: {
        typedConfig: {
          commonTlsContext: {
            tlsCertificates: [{ certificateChain: pem('LEAF PEM'), privateKey: pem('KEY PEM') }],
            validationContext: { trustedCa: pem('CA PEM') },
          },
        },
      },
    });
    expect(JSON.stringify(substitutions)).not.toContain('KEY PEM');
  });

  test('a cluster keeps names that a stand-in can carry, and drops pins', () => {
    const validationContext = {
      trustedCa: { filename: '/ca' },
      verifyCertificateSpki: ['x'],
      matchTypedSubjectAltNames: [{ sanType: 'DNS', matcher: { exact: 'a.test' } }],
    };
    const body = only({
      cluster: [cluster('a', { transportSocket: upstreamTls({ sni: 'a.test' }, { validationContext }) })],
    });
    const kept = (body?.transportSocket as JsonObject | undefined)?.typedConfig;
    expect(kept).toMatchObject({
      sni: 'a.test',
      commonTlsContext: {
        validationContext: { trustedCa: pem('CA PEM'), matchTypedSubjectAltNames: [{ sanType: 'DNS' }] },
      },
    });
    expect(JSON.stringify(kept)).not.toContain('Spki');
  });

  test('names that no certificate can carry are accepted as any, and that is listed', () => {
    const validationContext = {
      trustedCa: { filename: '/ca' },
      matchTypedSubjectAltNames: [{ sanType: 'EMAIL', matcher: { exact: 'a@b.test' } }],
    };
    const { substitutions } = run({
      cluster: [cluster('a', { transportSocket: upstreamTls({}, { validationContext }) })],
    });
    expect(substitutions.map(({ became }) => became)).toContain('any name is accepted');
  });

  test('secrets that are asked for and that nobody has are made, of the right kind', () => {
    const sds = (name: string) => ({
      name,
      sdsConfig: { pathConfigSource: { path: '/etc/sds.yaml' }, resourceApiVersion: 'V3' },
    });
    const common = { tlsCertificateSdsSecretConfigs: [sds('cert')], validationContextSdsSecretConfig: sds('ca') };
    const { resources } = run({
      cluster: [cluster('a', { transportSocket: upstreamTls({}, common) })],
      secret: [{ name: 'ca', validationContext: { trustedCa: { filename: '/ca' } } }],
    });
    expect(JSON.stringify(resources[0]?.body)).not.toContain('/etc/sds.yaml');
    expect(resources.slice(1).map(({ name, body }) => [name, Object.keys(body)])).toEqual([
      ['ca', ['name', 'validationContext']],
      ['cert', ['name', 'tlsCertificate']],
    ]);
  });
});

describe('files, logs and services', () => {
  const logs = (typedConfig: JsonObject) =>
    only({ listener: [listener('l', [{ filters: [managed({}, { accessLog: [{ name: 'log', typedConfig }] })] }])] });

  test('access logs go to a file that is named after the original', () => {
    expect(JSON.stringify(logs({ '@type': FILE_LOG, path: '/var/log/a.log' }))).toContain(
      accessLogFile('/scratch', '/var/log/a.log'),
    );
    const stdout = JSON.stringify(logs({ '@type': STDOUT, logFormat: { jsonFormat: { s: '%RESPONSE_CODE%' } } }));
    expect(stdout).toContain(accessLogFile('/scratch', '/dev/stdout'));
    expect(stdout).toContain('FileAccessLog');
    expect(stdout).toContain('%RESPONSE_CODE%');
    expect(JSON.stringify(logs({ '@type': FILE_LOG, path: '/dev/null' }))).toContain('"/dev/null"');
    expect(accessLogFile('/s', '/a/b.log')).not.toBe(accessLogFile('/s', '/a-b.log'));
  });

  test('a body in a file becomes a placeholder; other files are left for Envoy to say', () => {
    const route = {
      name: 'r',
      virtualHosts: [
        {
          name: 'v',
          domains: ['*'],
          routes: [{ match: { prefix: '/' }, directResponse: { status: 200, body: { filename: '/srv/page.html' } } }],
        },
      ],
    };
    expect(JSON.stringify(only({ route: [route] }))).toContain('"inlineString":"placeholder of /srv/page.html"');
    const lua = listener('l', [
      { filters: [{ name: 'lua', typedConfig: { '@type': 'x/Lua', defaultSourceCode: { filename: '/srv/a.lua' } } }] },
    ]);
    expect(JSON.stringify(only({ listener: [lua] }))).toContain('/srv/a.lua');
  });

  test('a Google gRPC target becomes a stand-in without credentials', () => {
    const grpcService = {
      googleGrpc: { targetUri: 'traces:4317', statPrefix: 't', channelCredentials: { googleDefault: {} } },
    };
    const body = only({
      listener: [listener('l', [{ filters: [{ name: 'x', typedConfig: { '@type': 'x', grpcService } }] }])],
    });
    expect(JSON.stringify(body)).toContain('"googleGrpc":{"targetUri":"127.0.0.1:20000","statPrefix":"t"}');
  });

  test('other sources than ADS become ADS; what is nowhere is empty', () => {
    const apiConfigSource = { apiType: 'GRPC', grpcServices: [{ envoyGrpc: { clusterName: 'x' } }] };
    const rds = { routeConfigName: 'nowhere', configSource: { apiConfigSource, resourceApiVersion: 'V3' } };
    const { resources } = run({
      cluster: [
        { name: 'e', type: 'EDS', edsClusterConfig: { edsConfig: { pathConfigSource: { path: '/eds.yaml' } } } },
      ],
      listener: [listener('l', [{ filters: [managed({ rds })] }])],
    });
    expect(JSON.stringify(resources)).not.toMatch(/apiConfigSource|pathConfigSource/);
    expect(resources.slice(2).map(({ kind, body }) => [kind, body])).toEqual([
      ['endpoint', { clusterName: 'e' }],
      ['route', { name: 'nowhere' }],
    ]);
  });
});

test('of the bootstrap a cell takes what it has not of its own', () => {
  const { bootstrap, substitutions } = run(
    { cluster: [] },
    {
      admin: { address: socket('0.0.0.0', 9901) },
      dynamicResources: { adsConfig: {} },
      layeredRuntime: {
        layers: [
          { name: 's', staticLayer: { a: 1 } },
          { name: 'd', diskLayer: {} },
        ],
      },
      statsSinks: [{ name: 'statsd', typedConfig: { '@type': 'x', address: socket('10.0.0.1', 8125) } }],
      staticResources: { clusters: [cluster('own')] },
      overloadManager: { refreshInterval: '1s' },
    },
  );
  expect(Object.keys(bootstrap ?? {}).sort()).toEqual([
    'layeredRuntime',
    'overloadManager',
    'staticResources',
    'statsSinks',
  ]);
  expect(bootstrap?.layeredRuntime).toEqual({ layers: [{ name: 's', staticLayer: { a: 1 } }] });
  expect(bootstrap?.statsSinks).toEqual([]);
  expect(JSON.stringify(bootstrap)).toContain('"portValue":20000');
  expect(substitutions.every(({ resource }) => resource === 'bootstrap')).toBe(true);
});

test('a health discovery service that makes Envoy end at its start is left to do so', () => {
  const grpc = { apiType: 'GRPC', grpcServices: [{ envoyGrpc: { clusterName: 'hds' } }] };
  expect(run({}, { hdsConfig: grpc }).bootstrap).toEqual({});
  const rest = { apiType: 'REST', clusterNames: ['hds'] };
  expect(run({}, { hdsConfig: rest }).bootstrap).toEqual({ hdsConfig: rest });
});
