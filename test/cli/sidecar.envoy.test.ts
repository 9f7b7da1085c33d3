import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { runProgram } from '../../cli/program.ts';
import { envoyBinaries } from '../../conformance/launcher/envoy-binary.ts';
import { PINNED_ENVOY_VERSIONS } from '../../conformance/launcher/pinned-versions.ts';
import { processLauncher } from '../../conformance/launcher/process-launcher.ts';
import { pollUntil } from '../../conformance/poll-until.ts';
import type { EnvoyVersion } from '../../render/ids.ts';
import { cacheDirOf } from '../../render/wheels/cache-dir.ts';

const launcher = processLauncher({ binaryOf: envoyBinaries({ cacheDir: cacheDirOf(process.env) }) });
const HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const filter = (name: string, more = {}) => ({
  name: `envoy.filters.http.${name}`,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.filters.http.${name}.v3.${TYPES[name]}`, ...more },
});
const TYPES: Readonly<Record<string, string>> = { health_check: 'HealthCheck', router: 'Router' };
const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });

async function mesh(...args: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const exitCode = await runProgram(args, {
    env: process.env,
    cwd: '.',
    stdout,
    stderr,
    onSignal: () => {},
    exit: () => {},
  });
  return { exitCode, err: (stderr.read() as Buffer | null)?.toString('utf8') ?? '' };
}

/** An Envoy beside an app that answers when it is told to. */
async function sidecar() {
  await using stack = new AsyncDisposableStack();
  const held: ServerResponse[] = [];
  const app = createServer((_, response) => void held.push(response)).listen(0, '127.0.0.1');
  stack.defer(() => void app.close());
  stack.defer(() => app.closeAllConnections());
  await once(app, 'listening');
  const scratchDir = await mkdtemp(join(tmpdir(), 'sidecar-'));
  stack.defer(() => rm(scratchDir, { recursive: true, force: true }));
  const cluster = {
    name: 'app',
    load_assignment: {
      cluster_name: 'app',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address((app.address() as AddressInfo).port) } }] }],
    },
  };
  const manager = {
    '@type': HCM,
    stat_prefix: 'in',
    http_filters: [
      filter('health_check', {
        pass_through_mode: false,
        headers: [{ name: ':path', string_match: { exact: '/healthz' } }],
      }),
      filter('router'),
    ],
    route_config: {
      virtual_hosts: [{ name: 'a', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'app' } }] }],
    },
  };
  const listener = {
    name: 'in',
    address: address(0),
    filter_chains: [{ filters: [{ name: 'hcm', typed_config: manager }] }],
  };
  const envoy = stack.use(
    await launcher.launch({
      release: { version: (PINNED_ENVOY_VERSIONS.at(-1) ?? '') as EnvoyVersion },
      bootstrap: JSON.stringify({
        admin: { address: address(0) },
        static_resources: { clusters: [cluster], listeners: [listener] },
      }),
      scratchDir,
      readyTimeoutMs: 30_000,
      awaitReady: false,
    }),
  );
  const admin = new URL(envoy.adminUrl).host;
  const port = await pollUntil('its listener', 30_000, new AbortController().signal, async () => {
    const text = await (await fetch(new URL('/listeners?format=json', envoy.adminUrl))).text();
    const port = /"port_value":\s*(\d+)/.exec(text)?.[1];
    return port === undefined ? undefined : Number(port);
  });
  const owned = stack.move();
  return {
    admin,
    held,
    get: (path: string) => fetch(`http://127.0.0.1:${port}${path}`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test('an Envoy is waited for, drained while a request is under way, and what is still under way is said', async () => {
  await using it = await sidecar();
  expect(await mesh('wait', '--envoy', it.admin)).toEqual({ exitCode: 0, err: '' });
  expect((await it.get('/healthz')).status).toBe(200);

  const slow = it.get('/slow');
  await pollUntil('the app has it', 30_000, new AbortController().signal, async () => it.held.length > 0 || undefined);
  const late = await mesh('drain', '--envoy', it.admin, '--notice', '1ms', '--timeout', '1ms');
  expect(late).toEqual({
    exitCode: 1,
    err: 'mesh: after 1ms, 1 requests and 0 other connections are still under way\n',
  });
  // Whoever checks its health has seen it by now; who comes all the same is still answered.
  expect((await it.get('/healthz')).status).toBe(503);
  expect(await mesh('wait', '--envoy', it.admin, '--timeout', '1ms')).toEqual({
    exitCode: 1,
    err: `mesh: the Envoy at ${it.admin} is not ready after 1ms: DRAINING\n`,
  });

  const drained = mesh('drain', '--envoy', it.admin, '--notice', '1ms', '--timeout', '60s', '--quit');
  it.held.pop()?.end('well');
  expect(await (await slow).text()).toBe('well');
  expect(await drained).toEqual({ exitCode: 0, err: '' });
  const gone = await mesh('drain', '--envoy', it.admin);
  expect(gone.exitCode).toBe(2);
  expect(gone.err).toContain(`--envoy ${it.admin}: nobody answers; want the admin interface of an Envoy`);
});

test('wrong words are refused before anything is drained', async () => {
  expect(await mesh('wait', '--envoy', 'nowhere')).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('want HOST:PORT'),
  });
  expect(await mesh('drain', '--envoy', '127.0.0.1:1', '--notice', 'soon')).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('--notice soon: want a duration'),
  });
});

test('an Envoy that waited in vain for its control plane calls itself ready, and is not', async () => {
  const scratchDir = await mkdtemp(join(tmpdir(), 'sidecar-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(scratchDir, { recursive: true, force: true }));
  const ads = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0.2s' };
  const envoy = stack.use(
    await launcher.launch({
      release: { version: (PINNED_ENVOY_VERSIONS.at(-1) ?? '') as EnvoyVersion },
      bootstrap: JSON.stringify({
        node: { id: 'web-1', cluster: 'shop-beta' },
        admin: { address: address(0) },
        dynamic_resources: {
          ads_config: {
            api_type: 'DELTA_GRPC',
            transport_api_version: 'V3',
            grpc_services: [{ envoy_grpc: { cluster_name: 'nobody' } }],
          },
          cds_config: ads,
          lds_config: ads,
        },
        static_resources: { clusters: [{ name: 'nobody' }] },
      }),
      scratchDir,
      readyTimeoutMs: 30_000,
    }),
  );
  const admin = new URL(envoy.adminUrl).host;
  expect(await mesh('wait', '--envoy', admin, '--timeout', '300ms')).toEqual({
    exitCode: 1,
    err: `mesh: the Envoy at ${admin} is not ready after 300ms: its control plane has given it no clusters and no listeners\n`,
  });
});
