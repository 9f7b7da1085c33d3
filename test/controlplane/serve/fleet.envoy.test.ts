import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/pinned-versions.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import type { FleetReport } from '../../../controlplane/fleet/fleet-report.ts';
import type { JsonObject } from '../../../render/json.ts';
import type { Resource } from '../../../render/resource.ts';
import { edsCluster, listener, rds, refusedListener, route } from '../xds/small-mesh.ts';
import { fleetNode } from './fleet-node.ts';
import { memorySource, snapshotOf } from './memory-source.ts';
import { serveStage } from './serve-stage.ts';

const OLDEST = PINNED_ENVOY_VERSIONS[0] ?? '';
const NEWEST = PINNED_ENVOY_VERSIONS.at(-1) ?? '';
const WITHIN_MS = 60_000;
const nothing = new AbortController().signal;
const soon = <T>(what: string, probe: () => Promise<T | undefined>): Promise<T> =>
  pollUntil(what, WITHIN_MS, nothing, probe);

/** A service whose answers, and whose health, a test turns. */
async function service() {
  let status = 200;
  let healthy = true;
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/health' ? (healthy ? 200 : 503) : status;
    response.end('it');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    answer: (next: number) => {
      status = next;
    },
    maintain: () => {
      healthy = false;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function serving(port = 0) {
  const source = memorySource();
  const reports: FleetReport[] = [];
  const server = await serveStage({
    node: { cluster: 'shop' },
    port,
    source,
    sink: async (report) => void reports.push(report),
  });
  const traffic = () => reports.flatMap((report) => report.traffic);
  return {
    server,
    source,
    reports,
    traffic,
    sum: (what: 'requests' | 'failures' | 'panicPicks') => traffic().reduce((sum, sample) => sum + sample[what], 0),
    latencies: () =>
      traffic()
        .flatMap(({ latencyCounts }) => latencyCounts)
        .reduce((sum, count) => sum + count, 0),
    state: (nodeId: string) => server.state().nodes.find((node) => node.nodeId === nodeId),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const hosts = (clusterName: string, ports: readonly number[]): Resource => ({
  kind: 'endpoint',
  name: clusterName,
  at: { file: 'x', line: 1, column: 1 },
  body: {
    clusterName,
    endpoints: [
      {
        lbEndpoints: ports.map((portValue) => ({
          endpoint: { address: { socketAddress: { address: '127.0.0.1', portValue } } },
        })),
      },
    ],
  },
});

const healthChecks: JsonObject = {
  healthChecks: [
    {
      timeout: '0.500s',
      interval: '0.500s',
      healthyThreshold: 1,
      unhealthyThreshold: 1,
      httpHealthCheck: { path: '/health' },
    },
  ],
};

const HCM = (statPrefix: string): JsonObject => ({ statPrefix });

describe.each([OLDEST, NEWEST])('a fleet with a real Envoy %s', (version) => {
  test('takes what is pushed, is counted by its metrics, and what the config answers itself is no failure', async () => {
    await using shop = await service();
    await using fleet = await serving();
    const direct: Resource = {
      ...route('main', 'shop'),
      body: {
        name: 'main',
        virtualHosts: [
          {
            name: 'main',
            domains: ['*'],
            routes: [
              { match: { prefix: '/closed' }, directResponse: { status: 503 } },
              { match: { prefix: '/' }, route: { cluster: 'shop' } },
            ],
          },
        ],
      },
    };
    const mesh = [edsCluster('shop'), hosts('shop', [shop.port]), direct, listener('web', rds('main'), HCM('web'))];
    fleet.source.hold(snapshotOf(...mesh));
    await using node = await fleetNode(version, 'edge-1', fleet.server.port);
    const applied = await soon('applied', async () => {
      const state = fleet.state('edge-1');
      return state?.state === 'applied' ? state : undefined;
    });
    expect(applied).toMatchObject({ envoyVersion: version, servedDigest: fleet.server.state().servedDigest });
    const port = await soon('listener', () => node.portOf('web'));
    const ask = async (path: string, times: number): Promise<void> => {
      for (let asked = 0; asked < times; asked += 1) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    };
    await ask('/', 40);
    await ask('/closed', 25);
    shop.answer(500);
    await ask('/', 15);
    await soon('80 requests', async () => fleet.sum('requests') >= 80 || undefined);
    expect({ requests: fleet.sum('requests'), failures: fleet.sum('failures'), latencies: fleet.latencies() }).toEqual({
      requests: 80,
      failures: 15,
      latencies: 80,
    });
    expect(fleet.sum('panicPicks')).toBe(0);

    const next = snapshotOf(...mesh, edsCluster('more'), hosts('more', [shop.port]));
    fleet.source.hold(next);
    await soon('the change', async () => {
      const state = fleet.state('edge-1');
      return (state?.servedDigest === next.digest && state.state === 'applied') || undefined;
    });
  });

  test('requests that go to hosts in maintenance are told of, with their cluster', async () => {
    await using good = await service();
    await using fleet = await serving();
    await using one = await service();
    await using two = await service();
    one.maintain();
    two.maintain();
    const mesh = [
      edsCluster('shop', healthChecks),
      hosts('shop', [good.port, one.port, two.port]),
      route('main', 'shop'),
      listener('web', rds('main'), HCM('web')),
    ];
    fleet.source.hold(snapshotOf(...mesh));
    await using node = await fleetNode(version, 'edge-1', fleet.server.port);
    const port = await soon('listener', () => node.portOf('web'));
    const panic = await soon('panic', async () => {
      await (await fetch(`http://127.0.0.1:${port}/`)).text();
      return fleet.traffic().find(({ panicPicks }) => panicPicks > 0);
    });
    expect(panic.panicClusters).toEqual(['shop']);
  });
});

test('one version refuses what another takes: it is told of at once, in the words of that Envoy', async () => {
  await using shop = await service();
  await using fleet = await serving();
  const mesh = [edsCluster('shop'), hosts('shop', [shop.port]), route('main', 'shop'), listener('web', rds('main'))];
  fleet.source.hold(snapshotOf(...mesh));
  await using old = await fleetNode(OLDEST, 'old', fleet.server.port);
  await using recent = await fleetNode(NEWEST, 'recent', fleet.server.port);
  await soon('both applied', async () => {
    const states = ['old', 'recent'].map((id) => fleet.state(id)?.state);
    return states.every((state) => state === 'applied') || undefined;
  });
  const bad = snapshotOf(...mesh, refusedListener('broken'));
  fleet.source.hold(bad);
  const refused = await soon('refused', async () => {
    const state = fleet.state('recent');
    return state?.state === 'refused' ? state : undefined;
  });
  expect(refused.envoyVersion).toBe(NEWEST);
  expect(refused.nacks[0]?.errorDetail).toMatch(/broken/);
  const report = await soon('report', async () =>
    fleet.reports.find(({ nodes }) => nodes.some(({ nodeId, state }) => nodeId === 'recent' && state === 'refused')),
  );
  expect(report.nodes.find(({ nodeId }) => nodeId === 'recent')?.nacks).toEqual(refused.nacks);
  expect(await old.portOf('web')).toBeGreaterThan(0);
  expect(await recent.portOf('web')).toBeGreaterThan(0);
});
