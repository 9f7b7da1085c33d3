import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { CommandContext } from '../../cli/command-context.ts';
import { type HostOptions, openStageHosts } from '../../cli/host-places.ts';
import { UsageError } from '../../cli/usage-error.ts';
import type { SourceAnswer } from '../../controlplane/discovery/host-source.ts';
import type { StageHosts } from '../../controlplane/serve/serve-with-hosts.ts';
import type { DiscoverySource } from '../../render/discovery/cluster-discovery.ts';
import { loadMeshConfig } from '../../render/load/load-mesh-config.ts';
import { configOnDisk } from '../render/load/config-on-disk.ts';

async function opened(env: Record<string, string>, options: Partial<HostOptions> = {}) {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'host-places-'));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const config = stack.use(
    await configOnDisk({
      'mesh.yaml': 'envoy: ["1.40.0"]\nguards: {default_panic_threshold_percent: 30}\nstages: [{name: beta}]\n',
    }),
  );
  const loaded = await loadMeshConfig(config.dir, { defaultEnvoyVersions: [] });
  const stage = loaded.config?.stages[0];
  if (!stage) throw new Error(JSON.stringify(loaded.findings));
  const context = { env, cwd: dir, stderr: new PassThrough(), stdout: new PassThrough() } as unknown as CommandContext;
  const found = stack.use(
    await openStageHosts(stage, { registry: undefined, dns: [], data: 'data', ...options }, context),
  );
  const owned = stack.move();
  return { ...found, dir, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function firstOf({ openSource }: StageHosts, source: DiscoverySource): Promise<SourceAnswer | undefined> {
  const asking = new AbortController();
  for await (const answer of openSource(source).watch(asking.signal)) {
    asking.abort();
    return answer;
  }
  return undefined;
}

const APP: DiscoverySource = { kind: 'consul', service: 'app', tags: [], priority: 0 };

test('what this control plane was not given fails in words; the panic threshold is that of mesh.yaml', async () => {
  await using it = await opened({});
  expect(await firstOf(it.hosts, APP)).toEqual({
    kind: 'failed',
    problem: 'this control plane was given no Consul',
  });
  expect(await firstOf(it.hosts, { kind: 'registry', service: 'app', priority: 0 })).toMatchObject({ kind: 'failed' });
  expect(it.hosts).toMatchObject({ defaultPanicThresholdPercent: 30, probes: false });
});

test('a Consul is asked where its own tools would ask, with the token of the file as it is now', async () => {
  const asked: IncomingHttpHeaders[] = [];
  await using stack = new AsyncDisposableStack();
  const consul = createServer((request, response) => {
    asked.push(request.headers);
    response.setHeader('x-consul-index', '1').end('[]');
  }).listen(0, '127.0.0.1');
  stack.defer(() => void consul.close());
  stack.defer(() => consul.closeAllConnections());
  await once(consul, 'listening');
  const file = join(tmpdir(), `token-${process.pid}`);
  stack.defer(() => rm(file, { force: true }));
  await writeFile(file, 'first-token\n');
  const { port } = consul.address() as AddressInfo;
  await using it = await opened({ CONSUL_HTTP_ADDR: `127.0.0.1:${port}`, CONSUL_HTTP_TOKEN_FILE: file });
  expect(await firstOf(it.hosts, APP)).toMatchObject({ kind: 'hosts', hosts: [] });
  await writeFile(file, 'second-token\n');
  await firstOf(it.hosts, { ...APP, service: 'other' });
  expect(asked.map((headers) => headers['x-consul-token'])).toEqual(
    expect.arrayContaining(['first-token', 'second-token']),
  );
});

test('hosts come from files of the data directory, or of the folder that is given', async () => {
  await using it = await opened({});
  await mkdir(join(it.dir, 'data/hosts'), { recursive: true });
  await writeFile(join(it.dir, 'data/hosts/app.json'), '[{"address": "10.0.0.1", "port": 80}]');
  const file: DiscoverySource = { kind: 'file', path: 'app.json', priority: 0 };
  expect(await firstOf(it.hosts, file)).toMatchObject({ hosts: [{ address: '10.0.0.1', port: 80 }] });
});

test.each<[string, Record<string, string>, Partial<HostOptions>, RegExp]>([
  [
    'a registry for everybody without a token',
    {},
    { registry: { host: '0.0.0.0', port: 0 } },
    /--registry 0\.0\.0\.0:0: .*token.*MESHGATE_REGISTRY_TOKEN/,
  ],
  ['a name server by name', {}, { dns: ['ns.internal:53'] }, /--dns ns\.internal:53: want an IP address/],
  ['an address that is none', { CONSUL_HTTP_ADDR: 'http://' }, {}, /CONSUL_HTTP_ADDR: want HOST:PORT/],
  [
    'an authority that is not there',
    { CONSUL_HTTP_ADDR: '127.0.0.1:1', CONSUL_CACERT: 'nowhere.pem', CONSUL_HTTP_TOKEN: 'secret' },
    {},
    /^CONSUL_CACERT: nowhere\.pem cannot be read: ENOENT$/,
  ],
  [
    'a pod without credentials',
    { KUBERNETES_SERVICE_HOST: '10.0.0.1', MESHGATE_KUBERNETES_CREDENTIALS: 'none' },
    {},
    /service account/,
  ],
])('%s is refused before anything is served', async (_, env, options, words) => {
  const refused = opened(env, options);
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(words);
});

test('a registry takes hosts, and gives them to the clusters that ask for their service', async () => {
  await using it = await opened({}, { registry: { host: '127.0.0.1', port: 0 } });
  const answer = await fetch(`http://127.0.0.1:${it.registry?.port}/v1/registration/app`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address: '10.0.0.9', port: 80 }),
  });
  expect(await answer.json()).toMatchObject({ host: '10.0.0.9:80', stored: true });
  expect(await firstOf(it.hosts, { kind: 'registry', service: 'app', priority: 0 })).toMatchObject({
    hosts: [{ address: '10.0.0.9', port: 80 }],
  });
});
