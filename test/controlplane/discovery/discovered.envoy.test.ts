import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAdmin } from '../../../conformance/admin/admin-client.ts';
import { makeLauncher } from '../../../conformance/launcher/choose-launcher.ts';
import { PINNED_ENVOY_VERSIONS } from '../../../conformance/launcher/envoy-binary.ts';
import type { RunningEnvoy } from '../../../conformance/launcher/envoy-launcher.ts';
import { pollUntil } from '../../../conformance/poll-until.ts';
import { clusterLoadAssignment } from '../../../controlplane/discovery/cluster-load-assignment.ts';
import { discoverCluster } from '../../../controlplane/discovery/discover-cluster.ts';
import { openSource } from '../../../controlplane/discovery/open-source.ts';
import { type Registry, startRegistry } from '../../../controlplane/discovery/registry/start-registry.ts';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import type { EnvoyVersion } from '../../../render/ids.ts';
import { cacheDirOf } from '../../../render/wheels/cache-dir.ts';
import { discoveryOf } from './hosts.ts';

// From what a host says of itself to what Envoy makes of it. The assignment comes by a file, so that no server is between.

const VERSIONS = [PINNED_ENVOY_VERSIONS[0], PINNED_ENVOY_VERSIONS.at(-1)] as EnvoyVersion[];
const DISCOVERY: ClusterDiscovery = discoveryOf([
  { kind: 'registry', service: 'shop', priority: 0, locality: { region: 'eu', zone: 'a', subZone: '' } },
  { kind: 'file', path: 'reserve.yaml', priority: 2 },
]);
const MESSAGE = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

let dir: string;
let registry: Registry;
let envoys: readonly RunningEnvoy[] = [];
let done: Promise<void>;
const ending = new AbortController();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'meshgate-discovered-'));
  registry = await startRegistry({ nowEpochMs: () => Date.now(), port: 0 });
  await writeFile(join(dir, 'reserve.yaml'), '[{ address: 10.9.0.1, port: 80, weight: 4 }]');
  let version = 0;
  const assignment = join(dir, 'eds.json');
  let first = (): void => {};
  const written = new Promise<void>((resolve) => {
    first = resolve;
  });
  let writing = Promise.resolve();
  const ports = { registry: registry.table, files: { root: dir, pollMs: 20 } };
  done = discoverCluster(
    {
      discovery: DISCOVERY,
      sources: DISCOVERY.sources.map((source) => openSource(source, ports)),
      nowEpochMs: () => Date.now(),
      onWanted: (wanted) => {
        version += 1;
        const resource = { '@type': MESSAGE, ...clusterLoadAssignment('shop', wanted) };
        const text = JSON.stringify({ versionInfo: String(version), resources: [resource] });
        writing = writing.then(async () => {
          await writeFile(`${assignment}.new`, text);
          await rename(`${assignment}.new`, assignment);
          first();
        });
      },
    },
    ending.signal,
  );
  await written;
  const launcher = makeLauncher({ kind: 'process', cacheDir: cacheDirOf(process.env) });
  const bootstrap = JSON.stringify({
    node: { id: 'n', cluster: 'c' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    static_resources: {
      clusters: [
        {
          name: 'shop',
          type: 'EDS',
          eds_cluster_config: { eds_config: { resource_api_version: 'V3', path_config_source: { path: assignment } } },
        },
      ],
    },
  });
  envoys = await Promise.all(
    VERSIONS.map(async (of) => {
      const scratchDir = join(dir, of);
      await mkdir(scratchDir);
      return launcher.launch({ release: { version: of }, bootstrap, scratchDir, readyTimeoutMs: 60_000 });
    }),
  );
});
afterAll(async () => {
  for (const envoy of envoys) await envoy[Symbol.asyncDispose]();
  ending.abort();
  await done;
  await registry?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

type RawHost = {
  readonly address: { readonly socket_address: { readonly address: string; readonly port_value: number } };
  readonly health_status: { readonly eds_health_status: string };
  readonly weight: number;
  readonly priority?: number;
  readonly hostname?: string;
  readonly locality: { readonly zone?: string };
};

/** `10.0.0.1:80 HEALTHY weight 7 priority 0 in a as one` */
async function seenBy(envoy: RunningEnvoy): Promise<readonly string[]> {
  const { cluster_statuses: clusters } = JSON.parse(await askAdmin(envoy.adminUrl, '/clusters?format=json')) as {
    cluster_statuses: readonly { readonly host_statuses?: readonly RawHost[] }[];
  };
  return (clusters[0]?.host_statuses ?? [])
    .map(({ address: { socket_address: at }, health_status, weight, priority = 0, hostname, locality }) =>
      [
        `${at.address}:${at.port_value} ${health_status.eds_health_status} weight ${weight} priority ${priority}`,
        ...(locality.zone ? [`in ${locality.zone}`] : []),
        ...(hostname ? [`as ${hostname}`] : []),
      ].join(' '),
    )
    .toSorted();
}

const all = (wanted: readonly string[]): Promise<unknown> =>
  Promise.all(
    envoys.map(async (envoy) => {
      let last: readonly string[] = [];
      await pollUntil('those hosts', 30_000, new AbortController().signal, async () => {
        last = await seenBy(envoy);
        return JSON.stringify(last) === JSON.stringify(wanted) ? true : undefined;
      }).catch(() => expect(last).toEqual(wanted));
      const stats = await askAdmin(envoy.adminUrl, '/stats?filter=cluster.shop.update_rejected');
      expect(stats).toContain('cluster.shop.update_rejected: 0');
    }),
  );
const register = async (body: object): Promise<void> => {
  const { status } = await fetch(`http://127.0.0.1:${registry.port}/v1/registration/shop`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ port: 80, ...body }),
  });
  expect([200, 201]).toContain(status);
};

test(`Envoy ${VERSIONS.join(' and ')}: what hosts say of themselves is what Envoy sees, also where a priority is empty`, async () => {
  // No host of its own yet: priorities 0 and 1 are there, and empty.
  const reserve = '10.9.0.1:80 HEALTHY weight 4 priority 2';
  await all([reserve]);
  await register({
    address: '10.0.0.1',
    weight: 7,
    hostname: 'one',
    health: 'healthy',
    metadata: { version: '1', list: [1, null] },
  });
  await register({ address: '10.0.0.2', health: 'maintenance', locality: { zone: 'b' } });
  await register({ address: 'fd00::3', health: 'unhealthy' });
  await all([
    '10.0.0.1:80 HEALTHY weight 7 priority 0 in a as one',
    '10.0.0.2:80 DRAINING weight 1 priority 0 in b',
    reserve,
    'fd00::3:80 UNHEALTHY weight 1 priority 0 in a',
  ]);
  await register({ address: '10.0.0.2', health: 'healthy', weight: 2 });
  await writeFile(join(dir, 'reserve.yaml'), '[]');
  // One of one is less than half: kept.
  await all([
    '10.0.0.1:80 HEALTHY weight 7 priority 0 in a as one',
    '10.0.0.2:80 HEALTHY weight 2 priority 0 in a',
    reserve,
    'fd00::3:80 UNHEALTHY weight 1 priority 0 in a',
  ]);
});
