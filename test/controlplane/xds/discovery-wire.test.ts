import { fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeNode, decodeNodeId } from '../../../controlplane/xds/discovery-messages.ts';
import { decodeDeltaRequest, decodeSotwRequest, namesIn } from '../../../controlplane/xds/discovery-requests.ts';
import { encodeResponse, nonceOf, nonceTail, type Variant } from '../../../controlplane/xds/response-frame.ts';
import { newestApiSet } from '../../../render/api/api-set.ts';

const schemaOf = (name: string) => {
  const schema = newestApiSet().registry.getMessage(name);
  if (!schema) throw new Error(`no ${name}`);
  return schema;
};
const { registry } = newestApiSet();
const encoded = (name: string, json: JsonValue): Buffer =>
  Buffer.from(toBinary(schemaOf(name), fromJson(schemaOf(name), json, { registry })));

const NODE = {
  id: 'n',
  cluster: 'c',
  metadata: { zone: 'a', depth: { n: 1 } },
  userAgentName: 'envoy',
  userAgentBuildVersion: { version: { majorNumber: 1, minorNumber: 38, patch: 3 }, metadata: { 'revision.sha': 'x' } },
  locality: { zone: 'z' },
};

test('a state-of-the-world request reads as Envoy’s own descriptors write it', () => {
  const request = decodeSotwRequest(
    encoded('envoy.service.discovery.v3.DiscoveryRequest', {
      versionInfo: 'v1',
      node: NODE,
      resourceNames: ['a', 'b'],
      typeUrl: 't',
      responseNonce: '7',
      errorDetail: { code: 13, message: 'no good' },
    }),
  );
  if (request.kind !== 'request') throw new Error(request.problem);
  const { node, rawNames, ...rest } = request;
  expect(rest).toEqual({
    kind: 'request',
    variant: 'sotw',
    versionInfo: 'v1',
    typeUrl: 't',
    responseNonce: '7',
    errorDetail: 'no good',
  });
  expect(namesIn(rawNames)).toEqual(['a', 'b']);
  const told = { id: 'n', cluster: 'c', metadata: { zone: 'a', depth: { n: 1 } }, version: '1.38.3' };
  expect(decodeNode(node ?? Buffer.alloc(0))).toEqual(told);
  expect(decodeNodeId(node ?? Buffer.alloc(0))).toBe('n');
});

test('a delta request reads as Envoy’s own descriptors write it', () => {
  const request = decodeDeltaRequest(
    encoded('envoy.service.discovery.v3.DeltaDiscoveryRequest', {
      node: NODE,
      typeUrl: 't',
      resourceNamesSubscribe: ['a', 'b'],
      resourceNamesUnsubscribe: ['c'],
      initialResourceVersions: { a: '1', d: '2' },
      responseNonce: '7',
      errorDetail: { code: 13, message: 'no good' },
    }),
  );
  expect(request).toEqual({
    kind: 'request',
    variant: 'delta',
    node: expect.any(Buffer),
    subscribe: ['a', 'b'],
    unsubscribe: ['c'],
    initialVersions: new Map([
      ['a', '1'],
      ['d', '2'],
    ]),
    typeUrl: 't',
    responseNonce: '7',
    errorDetail: 'no good',
  });
});

test('names that a peer put in several places are all read', () => {
  const writer = new BinaryWriter();
  const text = (field: number, value: string) => writer.tag(field, WireType.LengthDelimited).string(value);
  text(3, 'a');
  text(4, 't');
  text(3, 'b');
  text(3, 'c');
  const request = decodeSotwRequest(Buffer.from(writer.finish()));
  expect(request.kind === 'request' && namesIn(request.rawNames)).toEqual(['a', 'b', 'c']);
});

test('a NACK without words is still a NACK', () => {
  const nack = (field: number): Buffer =>
    Buffer.from(new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(new Uint8Array()).finish());
  expect(decodeSotwRequest(nack(6))).toMatchObject({ errorDetail: '' });
  expect(decodeDeltaRequest(nack(7))).toMatchObject({ errorDetail: '' });
});

test('of the words of a NACK no more is kept than an Envoy says', () => {
  const words = (field: number): Buffer => {
    const said = new BinaryWriter()
      .tag(2, WireType.LengthDelimited)
      .string(`${'é'.repeat(2_047)}ééé`)
      .finish();
    return Buffer.from(new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(said).finish());
  };
  const errorDetail = `${'é'.repeat(2_048)}…`;
  expect(decodeSotwRequest(words(6))).toMatchObject({ errorDetail });
  expect(decodeDeltaRequest(words(7))).toMatchObject({ errorDetail });
});

const CLUSTER = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';

test.each<[Variant, string, JsonValue]>([
  [
    'sotw',
    'envoy.service.discovery.v3.DiscoveryResponse',
    {
      versionInfo: 'v9',
      typeUrl: CLUSTER,
      nonce: '0000002a',
      resources: [
        { '@type': CLUSTER, name: 'a', altStatName: 'x'.repeat(200) },
        { '@type': CLUSTER, name: 'b', altStatName: 'x'.repeat(20_000) },
      ],
    },
  ],
  [
    'delta',
    'envoy.service.discovery.v3.DeltaDiscoveryResponse',
    {
      systemVersionInfo: 'v9',
      typeUrl: CLUSTER,
      nonce: '0000002a',
      resources: [
        { name: 'a', version: 'va', resource: { '@type': CLUSTER, name: 'a', altStatName: 'x'.repeat(200) } },
        { name: 'b', version: 'vb', resource: { '@type': CLUSTER, name: 'b', altStatName: 'x'.repeat(20_000) } },
      ],
      removedResources: ['gone', 'ångström'],
    },
  ],
])('a %s answer reads by Envoy’s own descriptors, its resources byte by byte', (variant, name, json) => {
  const resources = [200, 20_000].map((size, index) => {
    const resource = index === 0 ? 'a' : 'b';
    const body = { name: resource, altStatName: 'x'.repeat(size) };
    return { name: resource, version: `v${resource}`, bytes: encoded('envoy.config.cluster.v3.Cluster', body) };
  });
  const removed = variant === 'delta' ? ['gone', 'ångström'] : [];
  const frame = encodeResponse(variant, { typeUrl: CLUSTER, version: 'v9', resources, removed });
  const tail = nonceTail(nonceOf(42));
  expect([frame.readUInt8(0), frame.readUInt32BE(1)]).toEqual([0, frame.length - 5 + tail.length]);
  const message = Buffer.concat([frame.subarray(5), tail]);
  expect(toJson(schemaOf(name), fromBinary(schemaOf(name), message), { registry })).toEqual(json);
});

test('whatever bytes come, decoding ends with a value', () => {
  let malformed = 0;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const { kind } of [decodeSotwRequest(Buffer.from(bytes)), decodeDeltaRequest(Buffer.from(bytes))]) {
        if (kind === 'malformed') malformed += 1;
        expect(['request', 'malformed']).toContain(kind);
      }
    }),
    { numRuns: 2_000, seed: 7 },
  );
  expect(malformed).toBeGreaterThan(200);
});
