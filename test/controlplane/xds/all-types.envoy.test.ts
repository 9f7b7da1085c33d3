import { fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { GROUP_METADATA } from '../../../conformance/cell/bootstrap.ts';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/envoy-binary.ts';
import { sharedPki } from '../../../conformance/pki/pki.ts';
import type { ServedResource, ServedSnapshot } from '../../../controlplane/served-snapshot.ts';
import { startControlPlane } from '../../../controlplane/xds/control-plane.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';
import type { JsonObject } from '../../../render/json.ts';
import { realNode } from './real-node.ts';
import { edsCluster, endpoints, listener, route, runtime, served, upstream } from './small-mesh.ts';

const OLDEST = PINNED_ENVOY_VERSIONS[0] ?? '';
const NEWEST = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
const APPLY_MS = 30_000;
const { SRDS, ECDS, SDS } = XDS_TYPES;
const ads: JsonObject = { ads: {}, resourceApiVersion: 'V3' };
const TYPE = 'type.googleapis.com/';
const cases = [OLDEST, NEWEST].flatMap((version) => ['GRPC', 'DELTA_GRPC'].map((apiType) => ({ version, apiType })));

/** A resource of a type that the mesh config does not have. */
function encoded(typeUrl: string, name: string, json: JsonValue) {
  const { registry } = newestApiSet();
  const schema = registry.getMessage(typeUrl.slice(TYPE.length));
  if (!schema) throw new Error(`no ${typeUrl}`);
  const bytes = toBinary(schema, fromJson(schema, json, { registry }));
  return { name, bytes, version: Buffer.from(bytes).toString('base64') };
}

const withMore = (
  snapshot: ServedSnapshot,
  more: Readonly<Record<string, readonly ServedResource[]>>,
): ServedSnapshot => ({
  ...snapshot,
  resources: new Map([...snapshot.resources, ...Object.entries(more)]),
});

/** Adds a header to what goes to the upstream and comes back. */
const tagging = (value: string) =>
  encoded(ECDS, 'tag', {
    name: 'tag',
    typedConfig: {
      '@type': `${TYPE}envoy.extensions.filters.http.header_mutation.v3.HeaderMutation`,
      mutations: { responseMutations: [{ append: { header: { key: 'x-tag', value } } }] },
    },
  });

const scope = (name: string, key: string, routes: string) =>
  encoded(SRDS, name, { name, routeConfigurationName: routes, key: { fragments: [{ stringKey: key }] } });

describe.each(cases)('a real Envoy $version by $apiType', ({ version, apiType }) => {
  test('takes scoped routes, extension configs, secrets and runtime values, and changes of them', async () => {
    await using one = await upstream('one');
    await using two = await upstream('two');
    await using controlPlane = await startControlPlane({ host: '127.0.0.1', port: 0, groupMetadata: GROUP_METADATA });
    const group = controlPlane.openGroup('all');
    const { certificate, privateKey } = await sharedPki();
    const web = listener(
      'web',
      {
        scopedRoutes: {
          name: 'scopes',
          scopeKeyBuilder: { fragments: [{ headerValueExtractor: { name: 'x-scope', index: 0 } }] },
          rdsConfigSource: ads,
          scopedRds: { scopedRdsConfigSource: ads },
        },
      },
      {
        httpFilters: [
          {
            name: 'tag',
            configDiscovery: {
              configSource: ads,
              typeUrls: [`${TYPE}envoy.extensions.filters.http.header_mutation.v3.HeaderMutation`],
            },
          },
          { name: 'router', typedConfig: { '@type': `${TYPE}envoy.extensions.filters.http.router.v3.Router` } },
        ],
      },
    );
    const secure = (name: string) =>
      edsCluster(name, {
        transportSocket: {
          name: 'envoy.transport_sockets.tls',
          typedConfig: {
            '@type': `${TYPE}envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`,
            commonTlsContext: { tlsCertificateSdsSecretConfigs: [{ name: 'own', sdsConfig: ads }] },
          },
        },
      });
    const secret = encoded(SDS, 'own', {
      name: 'own',
      tlsCertificate: { certificateChain: { inlineString: certificate }, privateKey: { inlineString: privateKey } },
    });
    const mesh = (digest: string, flag: number, tag: string, blueTo: string) =>
      withMore(
        served(
          digest,
          edsCluster('one'),
          edsCluster('two'),
          secure('secure'),
          endpoints('one', one.port),
          endpoints('two', two.port),
          endpoints('secure', two.port),
          route('to-one', 'one'),
          route('to-two', 'two'),
          web,
          runtime('flags', { 'test.flag': flag }),
        ),
        {
          [SRDS]: [scope('red', 'red', 'to-one'), scope('blue', 'blue', blueTo)],
          [ECDS]: [tagging(tag)],
          [SDS]: [secret],
        },
      );
    group.setSnapshot(mesh('d1', 7, 'first', 'to-two'));
    await using node = await realNode(version, controlPlane.port, 'all', ['flags'], (bootstrap) => {
      const dynamic = bootstrap.dynamicResources as JsonObject;
      return {
        ...bootstrap,
        dynamicResources: { ...dynamic, adsConfig: { ...(dynamic.adsConfig as JsonObject), apiType } },
      };
    });
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    const port = (await node.portOf('web')) ?? 0;
    const ask = async (color: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-scope': color } });
      return [await response.text(), response.headers.get('x-tag')];
    };
    expect([await ask('red'), await ask('blue')]).toEqual([
      ['one', 'first'],
      ['two', 'first'],
    ]);
    const [state] = controlPlane.nodes();
    expect(new Set(state?.types.keys())).toEqual(new Set(Object.values(XDS_TYPES)));

    group.setSnapshot(mesh('d2', 8, 'second', 'to-one'));
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    expect([await ask('red'), await ask('blue')]).toEqual([
      ['one', 'second'],
      ['one', 'second'],
    ]);
    expect(await node.admin('/runtime?format=json')).toMatch(/"test\.flag":\s*\{[^}]*"final_value":\s*"8"/);
  });
});
