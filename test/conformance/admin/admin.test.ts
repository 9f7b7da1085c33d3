import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { AdminError, askAdmin } from '../../../conformance/admin/admin-client.ts';
import { readClusters } from '../../../conformance/admin/clusters.ts';
import { readConfigDump } from '../../../conformance/admin/config-dump.ts';
import { readListeners } from '../../../conformance/admin/listeners.ts';
import { escapeRe2, readStats } from '../../../conformance/admin/stats.ts';

/** An admin that answers each path with a status and a body; undefined: never. */
async function admin(answer: (path: string) => readonly [number, string] | undefined) {
  const server = createServer((request, response) => {
    const found = answer(request.url ?? '');
    if (found) response.writeHead(found[0]).end(found[1]);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
const saying = (value: unknown) => admin(() => [200, JSON.stringify(value)]);

describe('askAdmin', () => {
  test('a status other than 200 is an error that has it, and the words of the answer', async () => {
    await using envoy = await admin(() => [503, 'INITIALIZING\n']);
    const error = await askAdmin(envoy.url, '/ready').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AdminError);
    expect(error).toMatchObject({
      status: 503,
      message: expect.stringContaining('GET /ready: status 503: INITIALIZING'),
    });
  });
  test('no answer in time, and nobody there: errors without a status', async () => {
    let url: URL;
    {
      await using envoy = await admin(() => undefined);
      url = envoy.url;
      await expect(askAdmin(url, '/ready', 'GET', { timeoutMs: 50 })).rejects.toMatchObject({
        status: undefined,
        message: expect.stringContaining('no answer within 50 ms'),
      });
    }
    await expect(askAdmin(url, '/ready')).rejects.toMatchObject({ name: 'AdminError', status: undefined });
  });
  test('an answer that trickles is cut off in time too', async () => {
    const server = createServer((_, response) => {
      const timer = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(askAdmin(url, '/stats', 'GET', { timeoutMs: 100 })).rejects.toMatchObject({ name: 'AdminError' });
    server.closeAllConnections();
    server.close();
  });
});

test('statistics: numbers by name; histograms, which have no value, are left out', async () => {
  await using envoy = await saying({
    stats: [{ name: 'server.live', value: 1 }, { name: 'cluster.a.lb_healthy_panic', value: 0 }, { histograms: {} }],
  });
  expect(await readStats(envoy.url, '.')).toEqual(
    new Map([
      ['server.live', 1],
      ['cluster.a.lb_healthy_panic', 0],
    ]),
  );
});

test('a name with marks of regular expressions is asked for as it stands', () => {
  expect(escapeRe2('a.b|c[0]')).toBe('a\\.b\\|c\\[0\\]');
});

test('listeners: sockets alone', async () => {
  await using envoy = await saying({
    listener_statuses: [
      { name: 'edge', local_address: { socket_address: { address: '127.0.0.1', port_value: 4711 } } },
      { name: 'side', local_address: { pipe: { path: '/tmp/side' } } },
    ],
  });
  expect(await readListeners(envoy.url)).toEqual(new Map([['edge', { host: '127.0.0.1', port: 4711 }]]));
  await using empty = await saying({});
  expect((await readListeners(empty.url)).size).toBe(0);
});

test('clusters: what makes a host unhealthy, and what does not', async () => {
  const host = (port: number, status: Record<string, unknown>, more = {}) => ({
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    health_status: status,
    ...more,
  });
  await using envoy = await saying({
    cluster_statuses: [
      {
        name: 'app',
        host_statuses: [
          host(1, { eds_health_status: 'HEALTHY' }),
          host(2, { failed_active_hc: true, eds_health_status: 'HEALTHY' }, { priority: 1 }),
          host(3, { eds_health_status: 'DRAINING' }),
          host(4, { pending_dynamic_removal: true }),
        ],
      },
      { name: 'empty' },
    ],
  });
  const [app, empty] = await readClusters(envoy.url);
  expect(app?.hosts.map(({ port, priority, failed }) => [port, priority, failed])).toEqual([
    [1, 0, []],
    [2, 1, ['failed_active_hc']],
    [3, 0, ['eds DRAINING']],
    [4, 0, []],
  ]);
  expect(empty).toEqual({ name: 'empty', hosts: [] });
});

test('config dump: dynamic resources that are active, those that warm, and refusals', async () => {
  await using envoy = await saying({
    configs: [
      {
        static_clusters: [{ cluster: { name: 'from the bootstrap' } }],
        dynamic_active_clusters: [{ cluster: { name: 'app' } }],
        dynamic_warming_clusters: [{ cluster: { name: 'ghost' } }],
      },
      {
        dynamic_listeners: [
          { name: 'edge', active_state: { listener: { name: 'edge' } } },
          { name: 'slow', warming_state: { listener: { name: 'slow' } } },
          { name: 'bad', error_state: { details: 'no socket' } },
        ],
      },
      { dynamic_route_configs: [{ route_config: { name: 'web' } }] },
      { dynamic_endpoint_configs: [{ endpoint_config: { cluster_name: 'app' } }] },
      { dynamic_active_secrets: [{ secret: { name: 'tls' } }], dynamic_warming_secrets: [{ name: 'late' }] },
    ],
  });
  const { held, warming, refused } = await readConfigDump(envoy.url);
  expect([...held].map(([kind, byName]) => [kind, [...byName.keys()]])).toEqual([
    ['cluster', ['app']],
    ['listener', ['edge']],
    ['route', ['web']],
    ['endpoint', ['app']],
    ['secret', ['tls']],
  ]);
  expect(warming).toEqual(['cluster ghost', 'listener slow', 'secret late']);
  expect(refused).toEqual([{ name: 'bad', details: 'no socket' }]);
});
