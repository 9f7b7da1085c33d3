import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { snapshotOf } from '../serve/memory-source.ts';
import { rawClient } from '../xds/raw-client.ts';
import { edsCluster } from '../xds/small-mesh.ts';
import { adminWorld, soon } from './admin-world.ts';

const { CDS } = XDS_TYPES;
const JSON_BODY = { 'content-type': 'application/json' };

type Node = {
  node: string;
  connected: boolean;
  connections: { address: string; forMs: number }[];
  types: Record<string, { state: string; acks: number; nacks: number; forMs: number }>;
};

async function served() {
  const world = await adminWorld({ snapshot: snapshotOf(edsCluster('one')) });
  const connect = async (id: string) => {
    const client = rawClient(world.server.port);
    client.send({ node: id, typeUrl: CDS });
    const answer = await soon('clusters', async () => client.answers[0]);
    client.send({ typeUrl: CDS, nonce: answer.nonce, version: answer.versionInfo });
    return client;
  };
  const drain = (order: object) =>
    world.ask('/drain', { method: 'POST', headers: JSON_BODY, body: JSON.stringify(order) });
  const node = async (id: string): Promise<Node | undefined> =>
    ((await world.ask('/fleet')).body as { nodes: Node[] }).nodes.find((one) => one.node === id);
  return { world, connect, drain, node };
}

test('one Envoy is asked to go: its stream ends after the grace, the others go on, and it may come back', async () => {
  const { world, connect, drain, node } = await served();
  await using _ = world;
  using first = await connect('edge-1');
  using second = await connect('edge-2');
  const told = await soon('an ACK', async () => {
    const found = await node('edge-1');
    return found?.types.CDS?.acks === 1 ? found : undefined;
  });
  expect(told).toMatchObject({
    connections: [{ address: expect.stringMatching(/^127\.0\.0\.1:\d+$/), forMs: expect.any(Number) }],
    types: { CDS: { state: 'acked', acks: 1, nacks: 0, forMs: expect.any(Number) } },
  });
  expect(await drain({ by: 'ana', node: 'edge-1', graceMs: 0 })).toMatchObject({
    status: 200,
    body: { node: 'edge-1', connections: 1 },
  });
  expect(await first.ended).toMatchObject({ code: status.UNAVAILABLE });
  await soon('gone', async () => (await node('edge-1'))?.connected === false || undefined);
  expect(await node('edge-2')).toMatchObject({ connected: true });
  expect(world.said).toContain('ana drains edge-1: what is open after 0 s is ended');
  using again = await connect('edge-1');
  await soon('its second ACK', async () => (await node('edge-1'))?.types.CDS?.acks === 2 || undefined);
  expect((await world.ask('/readyz')).status).toBe(200);
  void [second, again];
});

test('all of them: nobody is let in any more, it is not ready, and every stream ends', async () => {
  const { world, connect, drain } = await served();
  await using _ = world;
  using first = await connect('edge-1');
  using second = await connect('edge-2');
  expect(await drain({ by: 'ana', graceMs: 200 })).toMatchObject({ status: 200, body: { connections: 2 } });
  expect(await world.ask('/readyz')).toMatchObject({ status: 503, body: { problem: 'it is being drained' } });
  expect((await first.ended).code).toBe(status.UNAVAILABLE);
  expect((await second.ended).code).toBe(status.UNAVAILABLE);
  using late = rawClient(world.server.port);
  late.send({ node: 'edge-3', typeUrl: CDS });
  expect((await late.ended).code).toBe(status.UNAVAILABLE);
  expect(late.answers).toEqual([]);
});

test.each([
  [{ node: 'edge-1' }, 400],
  [{ by: 'ana', node: 7 }, 400],
  [{ by: 'ana', graceMs: -1 }, 400],
  [{ by: 'ana', graceMs: 1.5 }, 400],
  [{ by: 'ana', what: 1 }, 400],
  [{ by: 'ana', node: 'edge-9' }, 404],
])('%j is refused with %i, and nothing is drained', async (order, code) => {
  const { world, connect, drain } = await served();
  await using _ = world;
  using client = await connect('edge-1');
  expect((await drain(order)).status).toBe(code);
  expect((await world.ask('/drain')).status).toBe(405);
  expect((await world.ask('/readyz')).status).toBe(200);
  void client;
});
