import { describe, expect, test } from 'vitest';
import { GROUP_METADATA, XDS_CLUSTER } from '../../../conformance/cell/bootstrap.ts';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/envoy-binary.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { ConversationEntry } from '../../../controlplane/conversation.ts';
import { startControlPlane } from '../../../controlplane/xds/control-plane.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import type { JsonObject } from '../../../render/json.ts';
import type { Resource } from '../../../render/resource.ts';
import { realNode } from './real-node.ts';
import { edsCluster, endpoints, listener, refusedListener, route, runtime, served, upstream } from './small-mesh.ts';

const OLDEST = PINNED_ENVOY_VERSIONS[0] ?? '';
const NEWEST = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
const { CDS, EDS, LDS, RDS, RTDS } = XDS_TYPES;
const APPLY_MS = 30_000;
const never = new AbortController().signal;

type Variant = { readonly apiType: 'GRPC' | 'DELTA_GRPC'; readonly streams: 'aggregated' | 'separate' };
const VARIANTS: readonly Variant[] = [
  { apiType: 'DELTA_GRPC', streams: 'aggregated' },
  { apiType: 'GRPC', streams: 'separate' },
  { apiType: 'DELTA_GRPC', streams: 'separate' },
];
const cases = [OLDEST, NEWEST].flatMap((version) => VARIANTS.map((variant) => ({ version, ...variant })));

/** Where an Envoy has a type from, in the bootstrap as in resources. */
const sourceFor = ({ apiType, streams }: Variant, group: string): JsonObject =>
  streams === 'aggregated'
    ? { ads: {}, resourceApiVersion: 'V3' }
    : { apiConfigSource: api(apiType, group), resourceApiVersion: 'V3' };

const api = (apiType: Variant['apiType'], group: string): JsonObject => ({
  apiType,
  transportApiVersion: 'V3',
  setNodeOnFirstMessageOnly: true,
  grpcServices: [{ envoyGrpc: { clusterName: XDS_CLUSTER }, initialMetadata: [{ key: GROUP_METADATA, value: group }] }],
});

const bootstrapOf =
  (variant: Variant, group: string) =>
  (bootstrap: JsonObject): JsonObject => {
    const source = sourceFor(variant, group);
    return {
      ...bootstrap,
      dynamicResources: {
        ...(variant.streams === 'aggregated' ? { adsConfig: api(variant.apiType, group) } : {}),
        cdsConfig: source,
        ldsConfig: source,
      },
      layeredRuntime: { layers: [{ name: 'flags', rtdsLayer: { name: 'flags', rtdsConfig: source } }] },
    };
  };

const responses = (entries: readonly ConversationEntry[], typeUrl?: string) =>
  entries.filter((entry) => entry.kind === 'response').filter((entry) => !typeUrl || entry.typeUrl === typeUrl);

/** Names and versions that an Envoy holds of its dynamic resources, as its dump says. */
async function dumpOf(
  node: Awaited<ReturnType<typeof realNode>>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  type Named = {
    name?: string;
    cluster?: { name: string };
    route_config?: { name: string };
    endpoint_config?: { cluster_name: string };
  };
  type Dump = { configs: Readonly<Record<string, readonly Named[] | undefined>>[] };
  const { configs } = JSON.parse(await node.admin('/config_dump?include_eds')) as Dump;
  const all = (field: string): readonly Named[] => configs.flatMap((config) => config[field] ?? []);
  return {
    [CDS]: all('dynamic_active_clusters')
      .map(({ cluster }) => cluster?.name ?? '')
      .toSorted(),
    [LDS]: all('dynamic_listeners')
      .map(({ name }) => name ?? '')
      .toSorted(),
    [RDS]: all('dynamic_route_configs')
      .map((one) => one.route_config?.name ?? '')
      .toSorted(),
    [EDS]: all('dynamic_endpoint_configs')
      .map((one) => one.endpoint_config?.cluster_name ?? '')
      .toSorted(),
  };
}

const namesOf = (resources: readonly Resource[], kind: Resource['kind']): string[] =>
  resources
    .filter((one) => one.kind === kind)
    .map(({ name }) => name)
    .toSorted();

describe.each(cases)('a real Envoy $version, $apiType, $streams', ({ version, ...variant }) => {
  test('boots, takes a change and a removal, refuses in its own words, and is sent nothing that it holds when it returns', async () => {
    await using one = await upstream('one');
    await using two = await upstream('two');
    let controlPlane = await startControlPlane({ host: '127.0.0.1', port: 0, groupMetadata: GROUP_METADATA });
    const { port } = controlPlane;
    await using stack = new AsyncDisposableStack();
    stack.defer(() => controlPlane[Symbol.asyncDispose]());
    const name = 'variant';
    const source = sourceFor(variant, name);
    const cluster = (of: string): Resource => edsCluster(of, { edsClusterConfig: { edsConfig: source } });
    const web = listener('web', { rds: { configSource: source, routeConfigName: 'main' } });
    const flags = (value: number): Resource => runtime('flags', { 'test.flag': value });
    let group = controlPlane.openGroup(name);
    const serve = async (digest: string, ...resources: readonly Resource[]) => {
      group.setSnapshot(served(digest, ...resources));
      return group.awaitApplied(APPLY_MS);
    };
    // Envoy says that it took something before its clusters count as active and its workers have heard of it.
    const holds = (resources: readonly Resource[]) =>
      expect
        .poll(() => dumpOf(node), { timeout: APPLY_MS })
        .toEqual({
          [CDS]: namesOf(resources, 'cluster'),
          [EDS]: namesOf(resources, 'endpoint'),
          [LDS]: namesOf(resources, 'listener'),
          [RDS]: namesOf(resources, 'route'),
        });

    const answers = (answer: object) => expect.poll(() => node.ask(webPort), { timeout: APPLY_MS }).toEqual(answer);

    const first = [cluster('one'), endpoints('one', one.port), route('main', 'one'), web, flags(7)];
    group.setSnapshot(served('d1', ...first));
    await using node = await realNode(version, port, name, [], bootstrapOf(variant, name));
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    const webPort = await pollUntil('the listener', APPLY_MS, never, () => node.portOf('web'));
    await answers({ status: 200, body: 'one' });
    expect(await node.admin('/runtime?format=json')).toContain('"test.flag"');
    await holds(first);
    const [state] = controlPlane.nodes();
    expect([...(state?.types ?? [])].map(([type, { kind }]) => [type, kind]).sort()).toEqual(
      [CDS, EDS, LDS, RDS, RTDS].map((type) => [type, 'acked']).sort(),
    );

    // Another cluster, the route to it, and the first one gone: one answer for each, and two for the clusters.
    const before = group.conversation().length;
    const second = [cluster('two'), endpoints('two', two.port), route('main', 'two'), web, flags(7)];
    expect(await serve('d2', ...second)).toEqual({ kind: 'acked' });
    await answers({ status: 200, body: 'two' });
    await holds(second);
    const sent = group.conversation().slice(before);
    expect(responses(sent, LDS)).toEqual([]);
    expect(responses(sent, RTDS)).toEqual([]);
    expect(responses(sent, RDS).map(({ resourceNames }) => resourceNames)).toEqual([['main']]);
    expect(responses(sent, CDS).map(({ resourceNames, removed = [] }) => [resourceNames, removed])).toEqual(
      variant.apiType === 'GRPC'
        ? [
            [['two', 'one'], []],
            [['two'], []],
          ]
        : [
            [['two'], []],
            [[], ['one']],
          ],
    );

    // A refused listener.
    const bad = [...second, refusedListener('bad')];
    expect(await serve('d3', ...bad)).toMatchObject({
      kind: 'nacked',
      nacks: [{ typeUrl: LDS, errorDetail: expect.stringContaining('bad: ') }],
    });
    await answers({ status: 200, body: 'two' });
    const refusedAnswers = responses(group.conversation(), LDS).length;
    expect(await serve('d4', ...bad.slice(0, -2), flags(8), refusedListener('bad'))).toMatchObject({ kind: 'nacked' });
    expect(responses(group.conversation(), LDS)).toHaveLength(refusedAnswers);
    expect(await serve('d5', ...second)).toEqual({ kind: 'acked' });

    // Another control plane with the same content: it says what it holds, and is sent nothing; then only what changed.
    await controlPlane[Symbol.asyncDispose]();
    controlPlane = await startControlPlane({ host: '127.0.0.1', port, groupMetadata: GROUP_METADATA });
    group = controlPlane.openGroup(name);
    expect(await serve('d5', ...second)).toEqual({ kind: 'acked' });
    // A stream of its own that is not open again yet is not waited for.
    await expect.poll(() => controlPlane.nodes()[0]?.types.size, { timeout: APPLY_MS }).toBe(5);
    expect(responses(group.conversation())).toEqual([]);
    const sixth = [cluster('two'), endpoints('two', one.port), ...second.slice(2)];
    expect(await serve('d6', ...sixth)).toEqual({ kind: 'acked' });
    expect(responses(group.conversation()).map(({ typeUrl }) => typeUrl)).toEqual([EDS]);
    await answers({ status: 200, body: 'one' });

    // Another one, which serves less: an Envoy asks it for its runtime before its clusters, and for its routes last.
    if (variant.streams === 'separate') return;
    const more = [cluster('spare'), endpoints('spare', two.port), ...sixth.slice(0, 2), route('main', 'spare')];
    const seventh = served('d7', ...more, ...sixth.slice(3));
    group.setSnapshot(seventh);
    expect(await group.awaitApplied(APPLY_MS)).toEqual({ kind: 'acked' });
    await controlPlane[Symbol.asyncDispose]();
    controlPlane = await startControlPlane({ host: '127.0.0.1', port, groupMetadata: GROUP_METADATA });
    group = controlPlane.openGroup(name);
    group.remember([seventh]);
    expect(await serve('d8', ...sixth)).toEqual({ kind: 'acked' });
    await holds(sixth);
    const told = responses(group.conversation()).filter(({ typeUrl }) => typeUrl !== EDS);
    expect(told.map(({ typeUrl, removed }) => [typeUrl, removed])).toEqual([
      [RDS, undefined],
      [CDS, ['spare']],
    ]);
  });
});
