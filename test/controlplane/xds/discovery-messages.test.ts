import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeDiscoveryRequest, encodeResponseBody, withNonce } from '../../../controlplane/xds/discovery-messages.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';

const schemaOf = (name: string) => {
  const schema = newestApiSet().registry.getMessage(name);
  if (!schema) throw new Error(`no ${name}`);
  return schema;
};

test('a request reads as Envoy’s own descriptors write it', () => {
  const schema = schemaOf('envoy.service.discovery.v3.DiscoveryRequest');
  const { registry } = newestApiSet();
  const bytes = toBinary(
    schema,
    fromJson(
      schema,
      {
        versionInfo: 'v1',
        node: {
          id: 'n',
          cluster: 'c',
          metadata: { zone: 'a', depth: { n: 1 } },
          userAgentName: 'envoy',
          userAgentBuildVersion: {
            version: { majorNumber: 1, minorNumber: 38, patch: 3 },
            metadata: { 'revision.sha': 'x' },
          },
          locality: { zone: 'z' },
        },
        resourceNames: ['a', 'b'],
        typeUrl: 't',
        responseNonce: '7',
        errorDetail: { code: 13, message: 'no good' },
      },
      { registry },
    ),
  );
  expect(decodeDiscoveryRequest(bytes)).toEqual({
    kind: 'request',
    versionInfo: 'v1',
    node: { id: 'n', cluster: 'c', metadata: { zone: 'a', depth: { n: 1 } }, version: '1.38.3' },
    resourceNames: ['a', 'b'],
    typeUrl: 't',
    responseNonce: '7',
    errorDetail: 'no good',
  });
});

test('a NACK without words is still a NACK', () => {
  const bytes = new BinaryWriter().tag(6, WireType.LengthDelimited).bytes(new Uint8Array()).finish();
  expect(decodeDiscoveryRequest(bytes)).toMatchObject({ errorDetail: '' });
});

test('an answer reads by Envoy’s own descriptors, its resources byte by byte', () => {
  const schema = schemaOf('envoy.service.discovery.v3.DiscoveryResponse');
  const { registry } = newestApiSet();
  const cluster = schemaOf('envoy.config.cluster.v3.Cluster');
  const typeUrl = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
  const resources = ['a', 'b'].map((name) => ({
    name,
    version: name,
    bytes: toBinary(cluster, fromJson(cluster, { name })),
  }));
  const body = encodeResponseBody(typeUrl, 'v9', resources);
  expect(toJson(schema, fromBinary(schema, withNonce(body, '3')), { registry })).toEqual({
    versionInfo: 'v9',
    typeUrl,
    nonce: '3',
    resources: [
      { '@type': typeUrl, name: 'a' },
      { '@type': typeUrl, name: 'b' },
    ],
  });
});

test('whatever bytes come, decoding ends with a value', () => {
  let malformed = 0;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { kind } = decodeDiscoveryRequest(bytes);
      if (kind === 'malformed') malformed += 1;
      expect(['request', 'malformed']).toContain(kind);
    }),
    { numRuns: 2_000, seed: 7 },
  );
  expect(malformed).toBeGreaterThan(100);
});
