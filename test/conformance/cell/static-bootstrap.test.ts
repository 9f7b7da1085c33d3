import { expect, test } from 'vitest';
import { staticBootstrapFor } from '../../../conformance/cell/static-bootstrap.ts';
import type { JsonObject } from '../../../render/json.ts';
import { downstreamTls, listener, managed, routes, snapshotOf, to } from '../snapshot-of.ts';

const FILES = {
  emptyDiscoveryFile: '/empty.yaml',
  tlsFile: (path: string, holds: string) => (path === '/here.pem' ? path : `/harness/${holds}`),
  isHere: (path: string) => path === '/here.pem' || path.startsWith('/harness/'),
};
const ADS = { ads: {}, resourceApiVersion: 'V3' };
const chain = (tls: JsonObject): JsonObject => ({
  transportSocket: tls,
  filters: [managed({ rds: { configSource: ADS, routeConfigName: 'web' } })],
});
const sds = (name: string): JsonObject =>
  downstreamTls({}, { tlsCertificates: [], tlsCertificateSdsSecretConfigs: [{ name, sdsConfig: ADS }] });
const pair = (certificateChain: JsonObject, privateKey: JsonObject): JsonObject => ({
  certificateChain,
  privateKey,
  ocspStaple: { inlineString: 'staple' },
});
const STATIC = (bootstrap: JsonObject): Record<string, JsonObject[]> =>
  bootstrap.staticResources as unknown as Record<string, JsonObject[]>;
const textOf = (value: unknown): string => JSON.stringify(value);

test('secrets are static, so that Envoy reads them; those that nobody serves are asked for as before', () => {
  const own = { name: 'own', tlsCertificate: pair({ inlineString: 'C' }, { inlineString: 'K' }) };
  const snapshot = snapshotOf({
    secret: [own],
    listener: [listener('a', [chain(sds('own'))]), listener('b', [chain(sds('elsewhere'))])],
  });
  const { listeners = [], secrets } = STATIC(staticBootstrapFor(snapshot, FILES));
  expect(secrets).toEqual([own]);
  expect(textOf(listeners[0])).toContain('"tlsCertificateSdsSecretConfigs":[{"name":"own"}]');
  expect(textOf(listeners[1])).toContain('{"name":"elsewhere","sdsConfig":{"pathConfigSource":{"path":"/empty.yaml"}');
});

test('a secret with a file that is not on this machine is not read; a missing certificate or key is replaced with its other half', () => {
  const snapshot = snapshotOf({
    secret: [
      { name: 'half', tlsCertificate: pair({ inlineString: 'C' }, { filename: '/gone.key' }) },
      { name: 'whole', tlsCertificate: pair({ filename: '/here.pem' }, { filename: '/here.pem' }) },
      { name: 'token', genericSecret: { secret: { filename: '/gone.token' } } },
    ],
  });
  expect(STATIC(staticBootstrapFor(snapshot, FILES)).secrets).toEqual([
    {
      name: 'half',
      tlsCertificate: {
        certificateChain: { filename: '/harness/certificate' },
        privateKey: { filename: '/harness/private-key' },
      },
    },
    { name: 'whole', tlsCertificate: pair({ filename: '/here.pem' }, { filename: '/here.pem' }) },
  ]);
});

test('routes stand inline in the listener that asks for them', () => {
  const table = routes('web', [{ name: 'all', domains: ['*'], routes: [to({ prefix: '/' }, 'nowhere')] }]);
  const snapshot = snapshotOf({ listener: [listener('a', [chain(sds('x'))])], route: [table] });
  const [only] = STATIC(staticBootstrapFor(snapshot, FILES)).listeners ?? [];
  expect(textOf(only)).toContain(`"routeConfig":${textOf({ ...table, validateClusters: false })}`);
  expect(textOf(only)).not.toContain('"rds"');
});
