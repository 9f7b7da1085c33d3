import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import { CHECKED } from '../ramp/ramp-node.ts';
import { edsCluster, listener, rds, route } from '../xds/small-mesh.ts';
import { fleetNode } from './fleet-node.ts';
import { foundHosts } from './found-hosts.ts';
import { hostsIn } from './hosts-in.ts';
import { memorySource, snapshotOf } from './memory-source.ts';
import { serveStage } from './serve-stage.ts';

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

async function world(count: number) {
  const found = await foundHosts(count);
  const said: string[] = [];
  return {
    ...found,
    said,
    /** What the source says from now on: the first hosts, so many. */
    list: (listed: number) => found.list('app', found.ports.slice(0, listed)),
    forget: () => rm(join(found.dir, 'hosts', 'app.yaml')),
    async serve(port = 0) {
      const source = memorySource();
      source.hold(MESH);
      return serveStage({ port, source, hosts: await hostsIn(found.dir), say: (line) => said.push(line) });
    },
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
