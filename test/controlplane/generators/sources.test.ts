import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { RegistryTable } from '../../../controlplane/discovery/registry/registry-table.ts';
import { kubernetesApi } from '../../../controlplane/discovery/sources/kubernetes-source.ts';
import { openServiceList } from '../../../controlplane/generators/open-service-list.ts';
import type { ServiceList, ServicesAnswer } from '../../../controlplane/generators/service-list.ts';
import { KubernetesStandIn, TOKEN } from '../discovery/sources/kubernetes-stand-in.ts';

let ending: AbortController;
let watching: Promise<void>[];
beforeEach(() => {
  ending = new AbortController();
  watching = [];
});
afterEach(async () => {
  ending.abort();
  await Promise.all(watching);
});

/** The newest answer as `name(tags) …`, or the failure. */
function follow(list: ServiceList) {
  let newest: ServicesAnswer | undefined;
  watching.push(
    (async () => {
      for await (const answer of list.watch(ending.signal)) newest = answer;
    })(),
  );
  const words = (): string | undefined =>
    newest?.kind === 'failed'
      ? newest.problem
      : newest?.services.map(({ name, tags }) => `${name}(${tags.join()})`).join(' ');
  return (wanted: string): Promise<string> =>
    pollUntil(wanted, 20_000, new AbortController().signal, async () => {
      const now = words();
      if (now !== wanted) throw new Error(`it says ${now}`);
      return now;
    });
}

test('registrations: services whose hosts bear the tag, with the tags of all of them, as they come and go', async () => {
  using table = new RegistryTable({ nowEpochMs: Date.now });
  const becomes = follow(openServiceList({ kind: 'registry', tag: 'app' }, { registry: table }));
  const register = (service: string, port: number, ...tags: readonly string[]) =>
    table.register({
      service,
      host: { address: '10.0.0.1', port, health: 'unknown', weight: 1, metadata: {} },
      tags,
      ttlMs: 60_000,
    });
  await becomes('');
  register('b', 1, 'app');
  register('other', 2, 'db');
  register('a', 3, 'app', 'timeout=2s');
  register('a', 4, 'app', 'v=2');
  await becomes('a(app,timeout=2s,v=2) b(app)');
  table.deregister('b', '10.0.0.1:1');
  table.deregister('a', '10.0.0.1:3');
  await becomes('a(app,v=2)');
});

test('files: a list of names and tags; half of one, or another, is a failure', async () => {
  const root = await mkdtemp(join(tmpdir(), 'services-'));
  try {
    const put = async (text: string): Promise<void> => {
      await writeFile(join(root, 'next'), text);
      await rename(join(root, 'next'), join(root, 'apps.yaml'));
    };
    const source = { kind: 'file', path: 'apps.yaml', tag: 'app' } as const;
    const becomes = follow(openServiceList(source, { files: { root, pollMs: 10 } }));
    await becomes('apps.yaml cannot be read: ENOENT');
    await put('- { name: a, tags: [app, app] }\n- { name: b }\n- { name: "*", tags: [app] }\n');
    await becomes('*(app) a(app)');
    await put('- { name: a, tags: [app], port: 80 }\n');
    await becomes('apps.yaml: [0]: unknown member port');
    await put('[]');
    await becomes('');
    const outside = follow(openServiceList({ ...source, path: '../apps.yaml' }, { files: { root, pollMs: 10 } }));
    await outside('../apps.yaml cannot be read: ENOENT');
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test('Kubernetes: services whose EndpointSlices bear the label, as it is put on and taken off', async () => {
  await using server = await KubernetesStandIn.start();
  const kubernetes = {
    api: kubernetesApi({ url: server.url, token: async () => TOKEN }),
    retry: { firstMs: 20, mostMs: 100 },
  };
  const of = (tag: string) => openServiceList({ kind: 'kubernetes', namespace: 'shop', tag }, { kubernetes });
  const slice = (service: string, labels: Readonly<Record<string, string>>) =>
    server.put({ name: `${service}-1`, service, labels, endpoints: [] });
  slice('a', { expose: 'http', timeout: '2s' });
  slice('c', { app: 'x' });
  const [labelled, valued] = [follow(of('expose')), follow(of('expose=grpc'))];
  const name = 'kubernetes.io/service-name=';
  await labelled(`a(expose,expose=http,${name}a,timeout=2s)`);
  await valued('');
  slice('b', { expose: 'grpc' });
  await valued(`b(expose=grpc,${name}b)`);
  slice('a', { timeout: '2s' });
  await labelled(`b(expose,expose=grpc,${name}b)`);
  server.cut();
  server.remove('b-1');
  await labelled('');
  expect(server.faults).toEqual([]);
});

test('a source that the control plane was not given fails, and says so', async () => {
  const becomes = follow(openServiceList({ kind: 'consul', tag: 'app' }, {}));
  await becomes('this control plane was given no Consul');
});
