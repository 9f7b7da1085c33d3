import * as grpc from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { servedResource } from '../../../controlplane/encode-served.ts';
import type { ClientStatusPorts } from '../../../controlplane/status/client-status-call.ts';
import { startClientStatus } from '../../../controlplane/status/start-client-status.ts';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import type { StageName } from '../../../render/ids.ts';
import { makeSnapshot } from '../../../render/snapshot.ts';
import { memorySource } from '../serve/memory-source.ts';
import { serveStage } from '../serve/serve-stage.ts';
import { encodeDeltaRequest, rawClient } from '../xds/raw-client.ts';
import { edsCluster, endpoints } from '../xds/small-mesh.ts';
import { statusClient, type ToldResource } from './status-client.ts';

const { CDS, EDS } = XDS_TYPES;
const TOKEN = 'a-token-of-enough-characters';
const DELTA = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, 15_000, new AbortController().signal, probe);

const ONE = edsCluster('one');
const TWO = edsCluster('two');
const CHANGED = edsCluster('two', { connectTimeout: '2s' });
const versionOf = (resource: typeof ONE): string => servedResource(resource).version;

type WorldOptions = Partial<ClientStatusPorts> & { readonly stage?: string; readonly token?: string };

/** A stage server and its CSDS, both real. */
async function statusWorld({ stage = 'canary', token, ...ports }: WorldOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const source = memorySource();
  const server = stack.use(
    await serveStage({
      stage: stage as StageName,
      source,
    }),
  );
  const csds = stack.use(
    await startClientStatus({
      clients: () => server.clients(),
      nowEpochMs: Date.now,
      port: 0,
      ...(token === undefined ? {} : { token }),
      ...ports,
    }),
  );
  const tool = stack.use(statusClient(csds.port, token && `Bearer ${token}`));
  const owned = stack.move();
  return {
    port: server.port,
    csdsPort: csds.port,
    tool,
    hold: (...resources: readonly (typeof ONE)[]) => source.hold(makeSnapshot(stage as StageName, resources)),
    /** What is told of one Envoy, when it is as it is wanted. */
    told: (id: string, wanted: (resources: readonly ToldResource[]) => boolean, request = {}) =>
      soon(`${id} as wanted`, async () => {
        const found = (await tool.fetch(request)).find(({ node }) => node.id === id)?.genericXdsConfigs;
        return found && wanted(found) ? found : undefined;
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A model of an Envoy, state of the world. */
function modelNode(port: number, node: string, typeUrl: string = CDS, names: readonly string[] = []) {
  const client = rawClient(port);
  client.send({ node, typeUrl, names });
  const answer = (count: number) => soon(`answer ${count}`, async () => client.answers[count - 1]);
  return {
    ...client,
    answer,
    async take(count: number) {
      const { nonce, versionInfo } = await answer(count);
      client.send({ typeUrl, names, nonce, version: versionInfo });
    },
    async refuse(count: number, error: string) {
      client.send({ typeUrl, names, nonce: (await answer(count)).nonce, error });
    },
  };
}

const every =
  (configStatus: string) =>
  (resources: readonly ToldResource[]): boolean =>
    resources.length > 0 && resources.every((one) => one.configStatus === configStatus);
const some =
  (configStatus: string) =>
  (resources: readonly ToldResource[]): boolean =>
    resources.some((one) => one.configStatus === configStatus);

test('what is sent is stale until it is taken, and what is refused is told with the words of the Envoy', async () => {
  await using world = await statusWorld();
  world.hold(ONE, TWO);
  using node = modelNode(world.port, 'edge-1');
  await node.answer(1);
  const sent = { typeUrl: CDS, configStatus: 'STALE', clientStatus: 'REQUESTED' };
  expect(await world.told('edge-1', every('STALE'))).toMatchObject([
    { ...sent, name: 'one' },
    { ...sent, name: 'two' },
  ]);

  const before = Date.now();
  await node.take(1);
  const taken = await world.told('edge-1', every('SYNCED'));
  expect(taken).toEqual([
    {
      typeUrl: CDS,
      name: 'one',
      versionInfo: versionOf(ONE),
      configStatus: 'SYNCED',
      clientStatus: 'ACKED',
      lastUpdated: expect.any(String),
      xdsConfig: expect.objectContaining({ '@type': CDS, name: 'one', type: 'EDS', connectTimeout: '1s' }),
    },
    expect.objectContaining({ name: 'two', versionInfo: versionOf(TWO) }),
  ]);
  const updated = Date.parse(taken[0]?.lastUpdated ?? '');
  // The clocks are two: that of the day and that which only goes on.
  expect(updated).toBeGreaterThan(before - 1_000);
  expect(updated).toBeLessThan(Date.now() + 1_000);

  world.hold(ONE, CHANGED);
  await node.answer(2);
  const changed = await world.told('edge-1', some('STALE'));
  expect(changed).toMatchObject([
    { name: 'one', configStatus: 'SYNCED', clientStatus: 'ACKED' },
    { name: 'two', configStatus: 'STALE', versionInfo: versionOf(CHANGED) },
  ]);
  // It holds another version: `UNKNOWN`, which is what is not written.
  expect(changed[1]).not.toHaveProperty('clientStatus');
  await node.refuse(2, 'two: too slow');
  const [one, two] = await world.told('edge-1', some('ERROR'));
  expect(one).toMatchObject({ configStatus: 'SYNCED', versionInfo: versionOf(ONE) });
  expect(one?.errorState).toBeUndefined();
  expect(two).toMatchObject({
    configStatus: 'ERROR',
    clientStatus: 'NACKED',
    versionInfo: versionOf(CHANGED),
    errorState: {
      details: 'two: too slow',
      versionInfo: versionOf(CHANGED),
      failedConfiguration: { name: 'two', connectTimeout: '2s' },
      lastUpdateAttempt: expect.any(String),
    },
  });

  world.hold(ONE, TWO);
  await node.take(3);
  expect(await world.told('edge-1', every('SYNCED'))).toHaveLength(2);
});

test('names that do not exist are requested in the state of the world, and known not to exist in a delta', async () => {
  await using world = await statusWorld();
  world.hold(ONE, endpoints('one', 80));
  using node = modelNode(world.port, 'edge-1', EDS, ['one', 'nobody']);
  await node.take(1);
  expect(await world.told('edge-1', some('SYNCED'))).toMatchObject([
    { name: 'one', typeUrl: EDS, configStatus: 'SYNCED', clientStatus: 'ACKED' },
    { name: 'nobody', configStatus: 'NOT_SENT', clientStatus: 'REQUESTED' },
  ]);

  using delta = rawClient(world.port, { path: DELTA });
  delta.sendBytes(encodeDeltaRequest({ node: 'edge-2', typeUrl: EDS, subscribe: ['one', 'nobody'] }));
  const { nonce } = await soon('a delta', async () => delta.answers[0]);
  delta.sendBytes(encodeDeltaRequest({ typeUrl: EDS, nonce }));
  expect(await world.told('edge-2', every('SYNCED'))).toMatchObject([
    { name: 'one', clientStatus: 'ACKED', versionInfo: versionOf(endpoints('one', 80)) },
    { name: 'nobody', clientStatus: 'DOES_NOT_EXIST' },
  ]);
  delta.sendBytes(encodeDeltaRequest({ typeUrl: EDS, unsubscribe: ['nobody'] }));
  await world.told('edge-2', (resources) => resources.length === 1);
});

test('an Envoy that waits for something to be served is there, and one that went away is not', async () => {
  await using world = await statusWorld();
  using node = modelNode(world.port, 'edge-1', EDS, ['one']);
  expect(await world.told('edge-1', every('NOT_SENT'))).toEqual([
    { typeUrl: EDS, name: 'one', configStatus: 'NOT_SENT', clientStatus: 'REQUESTED' },
  ]);
  node.vanish();
  await soon('gone', async () => ((await world.tool.fetch()).length === 0 ? true : undefined));
  expect(await world.tool.stream({}, {})).toEqual([[], []]);
});

test('two stages do not mix, and two Envoys of one id are two', async () => {
  await using canary = await statusWorld();
  await using beta = await statusWorld({ stage: 'beta' });
  canary.hold(ONE);
  beta.hold(TWO);
  using first = modelNode(canary.port, 'twin');
  await first.take(1);
  using second = modelNode(canary.port, 'twin');
  await second.answer(1);
  using other = modelNode(beta.port, 'edge-2');
  await other.take(1);
  await canary.told('twin', every('SYNCED'));
  expect(await beta.told('edge-2', every('SYNCED'))).toMatchObject([{ name: 'two' }]);
  expect(await beta.tool.fetch()).toHaveLength(1);
  expect(await canary.tool.fetch({ excludeResourceContents: true })).toMatchObject([
    { node: { id: 'twin' }, genericXdsConfigs: [{ name: 'one', configStatus: 'SYNCED' }] },
    { node: { id: 'twin' }, clientScope: 'twin (2)', genericXdsConfigs: [{ name: 'one', configStatus: 'STALE' }] },
  ]);
});

test('without contents nothing of a resource is told but its name and version', async () => {
  await using world = await statusWorld();
  world.hold(ONE);
  using node = modelNode(world.port, 'edge-1');
  await node.refuse(1, 'no');
  const [one] = await world.told('edge-1', every('ERROR'), { excludeResourceContents: true });
  expect(one?.xdsConfig).toBeUndefined();
  expect(one?.errorState).toEqual({
    details: 'no',
    versionInfo: versionOf(ONE),
    lastUpdateAttempt: expect.any(String),
  });
});

test('a stream of many Envoys is answered in parts, and one that is too large with a status', async () => {
  await using world = await statusWorld({ splitBytes: 2_000, maxBytes: 4_000 });
  world.hold(ONE, TWO);
  const nodes = Array.from({ length: 30 }, (_, at) => modelNode(world.port, `edge-${at}`));
  using stack = new DisposableStack();
  for (const node of nodes) stack.use(node);
  for (const node of nodes) await node.take(1);
  const answers = await soon('all have taken it', async () => {
    const found = await world.tool.stream({ excludeResourceContents: true });
    const resources = found.flat().flatMap(({ genericXdsConfigs = [] }) => genericXdsConfigs);
    return resources.length === 60 && every('SYNCED')(resources) ? found : undefined;
  });
  expect(answers.length).toBeGreaterThan(3);
  expect(new Set(answers.flat().map(({ node }) => node.id)).size).toBe(30);
  await expect(world.tool.fetch({ excludeResourceContents: true })).rejects.toMatchObject({
    code: grpc.status.RESOURCE_EXHAUSTED,
    details: expect.stringMatching(/^the answer is larger than 4000 bytes: ask with node_matchers/),
  });
  const some = { nodeMatchers: [{ nodeId: { prefix: 'edge-1' } }], excludeResourceContents: true };
  expect(await world.tool.stream(some, some)).toHaveLength(4);
});

test('whoever has the token of the admin API is answered, and nobody else', async () => {
  await using world = await statusWorld({ token: TOKEN });
  expect(await world.tool.fetch()).toEqual([]);
  for (const token of [undefined, TOKEN, `Bearer ${TOKEN}x`, `Basic ${TOKEN}`]) {
    using stranger = statusClient(world.csdsPort, token);
    const refused = { code: grpc.status.UNAUTHENTICATED };
    await expect(stranger.fetch()).rejects.toMatchObject(refused);
    await expect(stranger.stream({})).rejects.toMatchObject(refused);
  }
});

test('who is asked about is said by matchers, and what cannot be asked is refused', async () => {
  await using world = await statusWorld();
  world.hold(ONE);
  using first = modelNode(world.port, 'edge-1');
  using second = modelNode(world.port, 'edge-2');
  for (const node of [first, second]) await node.answer(1);
  expect(await world.tool.fetch({ nodeMatchers: [{ nodeId: { suffix: '-2' } }] })).toMatchObject([
    { node: { id: 'edge-2' } },
  ]);
  const bad = { nodeMatchers: [{ nodeId: { safeRegex: { regex: '.*' } } }] };
  const refused = { code: grpc.status.INVALID_ARGUMENT, details: expect.stringMatching(/safe_regex is not known/) };
  await expect(world.tool.fetch(bad)).rejects.toMatchObject(refused);
  await expect(world.tool.stream({}, bad)).rejects.toMatchObject(refused);
  await expect(world.tool.fetch(Buffer.from([0x0a, 0x7f]))).rejects.toMatchObject({
    code: grpc.status.INVALID_ARGUMENT,
    details: 'not a ClientStatusRequest',
  });
});

test('a secret is told by name and version, never by what is in it', async () => {
  await using world = await statusWorld();
  const secret = {
    ...ONE,
    kind: 'secret' as const,
    name: 'key',
    body: { name: 'key', genericSecret: { secret: { inlineString: 'hush' } } },
  };
  world.hold(secret);
  using node = modelNode(world.port, 'edge-1', XDS_TYPES.SDS, ['key']);
  await node.refuse(1, 'no');
  const [told] = await world.told('edge-1', every('ERROR'));
  expect(told).toMatchObject({ name: 'key', versionInfo: versionOf(secret), errorState: { details: 'no' } });
  expect(told).not.toHaveProperty('xdsConfig');
  expect(told?.errorState).not.toHaveProperty('failedConfiguration');
});
