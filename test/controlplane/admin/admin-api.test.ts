import { expect, test } from 'vitest';
import { XDS_TYPES } from '../../../controlplane/xds/xds-types.ts';
import { snapshotOf } from '../serve/memory-source.ts';
import { rawClient } from '../xds/raw-client.ts';
import { edsCluster, endpoints, listener, rds, route } from '../xds/small-mesh.ts';
import { adminWorld, fromFile, soon } from './admin-world.ts';

const { CDS, LDS } = XDS_TYPES;
const MESH = snapshotOf(
  edsCluster('one'),
  endpoints('one', 8080),
  { ...edsCluster('found'), discovery: fromFile('found.yaml') },
  route('main', 'one'),
  listener('web', rds('main')),
);

type FleetNode = { node: string; state: string; connected: boolean; types: Record<string, { state: string }> };
type Fleet = { nodes: FleetNode[] };

test('alive from the start, ready once something is served; both say why not', async () => {
  await using world = await adminWorld();
  expect(await world.ask('/healthz')).toMatchObject({ status: 200, body: { alive: true } });
  const notReady = await soon('a reason', async () => {
    const answer = await world.ask('/readyz');
    return (answer.body as { problem?: string }).problem === undefined ? undefined : answer;
  });
  expect(notReady).toMatchObject({ status: 503, body: { ready: false, problem: expect.stringMatching(/nothing/) } });
  expect(await world.ask('/snapshot')).toMatchObject({ status: 503, body: { problem: expect.any(String) } });
  expect(await world.ask('/endpoints')).toMatchObject({ status: 503 });
  expect((await world.ask('/metrics')).text).toContain('meshgate_problem 1\n');

  world.source.hold(MESH);
  const ready = await soon('ready', async () => {
    const answer = await world.ask('/readyz?verbose');
    return answer.status === 200 && !answer.text.includes('problem') ? answer : undefined;
  });
  expect(ready.body).toEqual({ ready: true, stage: 'canary', servedDigest: MESH.digest });
  expect(await world.ask('/readyz', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });

  world.source.setGone(true);
  world.source.spoil('it is spoilt');
  world.source.setGone(false);
  const spoilt = await soon('spoilt', async () => {
    const answer = await world.ask('/readyz');
    return answer.text.includes('spoilt') ? answer : undefined;
  });
  expect(spoilt).toMatchObject({ status: 200, body: { ready: true, servedDigest: MESH.digest } });
});

test('each node with its version, and with what it was sent, took and refused in its own words', async () => {
  await using world = await adminWorld({ snapshot: MESH });
  await soon('ready', async () => (await world.ask('/readyz')).status === 200 || undefined);
  const fleet = async (query = ''): Promise<Fleet> => (await world.ask(`/fleet${query}`)).body as Fleet;
  const edge = async () => (await fleet()).nodes.find(({ node }) => node === 'edge-1');
  expect(await fleet()).toMatchObject({ stage: 'canary', servedDigest: MESH.digest, nodes: [] });

  using node = rawClient(world.server.port);
  node.send({ node: 'edge-1', typeUrl: CDS });
  const clusters = await soon('clusters', async () => node.answers[0]);
  const sent = await soon('sent', async () => {
    const found = await edge();
    return found?.state === 'pending' ? found : undefined;
  });
  expect(sent).toMatchObject({
    connected: true,
    servedDigest: MESH.digest,
    connectedSinceEpochMs: expect.any(Number),
    types: { CDS: { state: 'sent', version: clusters.versionInfo } },
    nacks: [],
  });
  node.send({ typeUrl: CDS, nonce: clusters.nonce, version: clusters.versionInfo });
  await soon('ACKed', async () => (await edge())?.types.CDS?.state === 'acked' || undefined);

  node.send({ typeUrl: LDS });
  const listeners = await soon('listeners', async () => node.answers.find(({ typeUrl }) => typeUrl === LDS));
  node.send({ typeUrl: LDS, nonce: listeners.nonce, error: 'no "such"\nfilter' });
  const nacked = await soon('NACKed', async () => {
    const found = await edge();
    return found?.types.LDS?.state === 'nacked' ? found : undefined;
  });
  expect(nacked.types).toMatchObject({
    CDS: { state: 'acked', version: clusters.versionInfo },
    LDS: { state: 'nacked', version: listeners.versionInfo, reason: 'no "such"\nfilter' },
  });
  const { text } = await world.ask('/metrics');
  expect(text).toContain('meshgate_standing_nacks{type="LDS"} 1\n');
  expect(text).toContain('meshgate_standing_nacks{type="CDS"} 0\n');
  expect(text).toContain('meshgate_connected_nodes 1\n');
  for (const [type, state] of [
    ['CDS', 'acked'],
    ['LDS', 'nacked'],
  ])
    for (const other of ['unsent', 'sent', 'acked', 'nacked'])
      expect(text).toContain(`meshgate_subscriptions{type="${type}",state="${other}"} ${other === state ? 1 : 0}\n`);
  expect(text).toContain(`meshgate_served_snapshot_info{stage="canary",digest="${MESH.digest}"} 1\n`);

  using twin = rawClient(world.server.port);
  twin.send({ node: 'edge-1', typeUrl: CDS });
  await soon('the second of its id', async () => (await fleet('?node=edge-1%20(2)')).nodes?.[0]);
  using stranger = rawClient(world.server.port);
  stranger.send({ node: 'other', typeUrl: CDS });
  await stranger.ended;
  expect((await world.ask('/metrics')).text).toContain('meshgate_refused_streams_total 1\n');

  node.vanish();
  await soon('gone', async () => (await edge())?.state === 'gone' || undefined);
  expect(await edge()).toMatchObject({ connected: false, types: {}, nacks: [] });
  expect((await fleet('?state=gone')).nodes.map((one) => one.node)).toEqual(['edge-1']);
});

test('what is served, by type and version; a found host is part of it', async () => {
  await using world = await adminWorld({ snapshot: MESH });
  await world.list('found.yaml', ['10.0.0.1', '10.0.0.2']);
  type View = { digest: string; resources: Record<string, { name: string; version: string; bytes: number }[]> };
  const view = await soon('hosts', async () => {
    const { body } = await world.ask('/snapshot');
    return (body as View).resources?.EDS?.length === 2 ? (body as View) : undefined;
  });
  expect(view.digest).toBe(MESH.digest);
  const names = Object.entries(view.resources).map(([type, resources]) => [type, resources.map(({ name }) => name)]);
  expect(Object.fromEntries(names)).toMatchObject({ CDS: ['found', 'one'], EDS: ['found', 'one'], LDS: ['web'] });
  for (const type of ['CDS', 'cds', 'cluster', CDS])
    expect((await world.ask(`/snapshot?type=${encodeURIComponent(type)}`)).body).toEqual({
      stage: 'canary',
      digest: MESH.digest,
      resources: { CDS: view.resources.CDS },
    });
  expect(view.resources.CDS?.every(({ version, bytes }) => /^[0-9a-f]{64}$/.test(version) && bytes > 0)).toBe(true);
  const before = view.resources.EDS?.find(({ name }) => name === 'found')?.version;
  await world.list('found.yaml', ['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  await soon('another version', async () => {
    const { body } = await world.ask('/snapshot?type=EDS');
    const now = (body as View).resources.EDS?.find(({ name }) => name === 'found')?.version;
    return (now !== undefined && now !== before) || undefined;
  });
});

test('the hosts of each cluster, and where they come from', async () => {
  await using world = await adminWorld({ snapshot: MESH });
  await world.list('found.yaml', ['10.0.0.1']);
  type Cluster = { cluster: string; from: string; hosts: object[]; ramp?: { log?: object[] } };
  const clusters = await soon('hosts', async () => {
    const { body } = await world.ask('/endpoints');
    const all = (body as { clusters?: Cluster[] }).clusters;
    return all?.every(({ hosts }) => hosts.length > 0) ? all : undefined;
  });
  expect(clusters).toMatchObject([
    {
      cluster: 'found',
      from: 'discovery',
      hosts: [{ address: '10.0.0.1:80', priority: 0, health: 'unseen' }],
      discovery: { ready: true, sources: [{ state: 'current', hosts: 1 }] },
      ramp: { wanted: 1 },
    },
    { cluster: 'one', from: 'config', hosts: [{ address: '127.0.0.1:8080', priority: 0, health: 'UNKNOWN' }] },
  ]);
  expect(clusters[0]?.ramp?.log).toBeUndefined();
  const one = (await world.ask('/endpoints?cluster=found')).body as { clusters: Cluster[] };
  expect(one.clusters).toHaveLength(1);
  expect(one.clusters[0]?.ramp?.log?.length).toBeGreaterThan(0);
  expect(await world.ask('/endpoints?cluster=fund')).toMatchObject({
    status: 404,
    body: { problem: 'cluster fund: want one that is served; did you mean found?' },
  });
  const { text } = await world.ask('/metrics');
  expect(text).toContain('meshgate_ramp_hosts{cluster="found",kind="served"} 1\n');
  expect(text).toMatch(
    /meshgate_discovery_source_state\{cluster="found",source="[^"]+",priority="0",place="1",state="current"\} 1\n/,
  );
});
