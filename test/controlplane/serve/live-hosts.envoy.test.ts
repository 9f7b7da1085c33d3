import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { openDiscoveryMemory } from '../../../controlplane/discovery/discovery-memory.ts';
import { sourceOpener } from '../../../controlplane/discovery/open-source.ts';
import { fileMemory } from '../../../controlplane/ramp/file-memory.ts';
import { startStageServer } from '../../../controlplane/serve/stage-server.ts';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import { CHECKED, realClock } from '../ramp/ramp-node.ts';
import { edsCluster, listener, rds, route } from '../xds/small-mesh.ts';
import { fleetNode } from './fleet-node.ts';
import { memorySource, STAGE, snapshotOf } from './memory-source.ts';

const WITHIN_MS = 60_000;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, WITHIN_MS, new AbortController().signal, probe);

const discovery: ClusterDiscovery = {
  sources: [{ kind: 'file', path: 'app.yaml', priority: 0 }],
  maxStaleMs: 60_000,
  floorPercent: 0,
  floorHoldMs: 60_000,
};
const MESH = snapshotOf(
  { ...edsCluster('app', CHECKED), discovery },
  route('main', 'app'),
  listener('web', rds('main')),
);

async function world(hosts: number) {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'live-hosts-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, 'hosts'));
  const ports = await Promise.all(
    Array.from({ length: hosts }, async () => {
      const server = createServer((_, response) => response.end('well')).listen(0, '127.0.0.1');
      await once(server, 'listening');
      stack.defer(() => void server.close());
      stack.defer(() => server.closeAllConnections());
      return (server.address() as AddressInfo).port;
    }),
  );
  const owned = stack.move();
  return {
    ports,
    said: [] as string[],
    /** What the source says from now on: the first `count` hosts. */
    async list(count: number): Promise<void> {
      const text = JSON.stringify(ports.slice(0, count).map((port) => ({ address: '127.0.0.1', port })));
      await writeFile(join(dir, 'hosts', 'next'), text);
      await rename(join(dir, 'hosts', 'next'), join(dir, 'hosts', 'app.yaml'));
    },
    forget: () => rm(join(dir, 'hosts', 'app.yaml')),
    async serve(port = 0) {
      const answers = await openDiscoveryMemory({ path: join(dir, 'answers.json'), nowEpochMs: Date.now });
      const source = memorySource();
      source.hold(MESH);
      return await startStageServer({
        stage: STAGE,
        node: {},
        host: '127.0.0.1',
        port,
        source,
        sink: async () => {},
        nowEpochMs: Date.now,
        say: (line) => void this.said.push(line),
        hosts: {
          openSource: sourceOpener({ files: { root: join(dir, 'hosts'), pollMs: 50 } }),
          answers,
          clock: realClock,
          memoryOf: (cluster) => fileMemory(join(dir, 'ramp'), cluster),
          defaultPanicThresholdPercent: 50,
          probes: false,
        },
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test('hosts that a source finds get to a real Envoy in steps without panic, and stay there when the control plane comes back knowing nothing else', async () => {
  await using it = await world(12);
  await it.list(2);
  const first = await it.serve();
  const { port } = first;
  await using node = await fleetNode('1.40.0', 'sidecar', port, { statsFlushMs: 500 });
  const stat = async (name: string): Promise<number> =>
    Number((await node.admin(`/stats?filter=^cluster\\.app\\.${name}$`)).split(': ')[1] ?? Number.NaN);
  const members = (count: number) =>
    soon(`${count} hosts`, async () => ((await stat('membership_healthy')) === count ? count : undefined));
  {
    await using _ = first;
    await members(2);
    await it.list(12);
    await members(12);
    expect(await stat('lb_healthy_panic')).toBe(0);
    // 12 at once beside 2 would have been panic if they had failed.
    const steps =
      first.hosts
        ?.views()
        .get('app')
        ?.ramp?.log.filter(({ kind }) => kind === 'entered') ?? [];
    expect(steps.length).toBeGreaterThanOrEqual(3);
    expect(first.state().nodes).toMatchObject([{ nodeId: 'sidecar', servedDigest: MESH.digest }]);
  }
  await it.forget();
  await using second = await it.serve(port);
  const there = () => second.state().nodes.find(({ state }) => state === 'applied');
  await soon('the sidecar again', async () => there());
  await soon('a failing source', async () => it.said.find((line) => line.includes('file app.yaml fails')));
  expect(second.hosts?.views().get('app')?.ramp?.served).toHaveLength(12);
  expect(await stat('membership_total')).toBe(12);
  expect(await stat('lb_healthy_panic')).toBe(0);
});
