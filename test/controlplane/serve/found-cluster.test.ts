import { expect, test } from 'vitest';
import { forgetfulMemory, type RampMemory } from '../../../controlplane/ramp/ramp-memory.ts';
import { NO_PEERS, type PeerView, type RampPeers } from '../../../controlplane/ramp/ramp-peers.ts';
import { statNameOf } from '../../../controlplane/ramp/stat-name.ts';
import { FoundCluster, type FoundClusterPorts } from '../../../controlplane/serve/found-cluster.ts';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import type { Resource } from '../../../render/resource.ts';
import { resourcesOf, type Snapshot } from '../../../render/snapshot.ts';
import { realClock } from '../ramp/ramp-node.ts';
import { edsCluster } from '../xds/small-mesh.ts';
import { snapshotOf } from './memory-source.ts';

const DISCOVERY: ClusterDiscovery = {
  sources: [{ kind: 'file', path: 'app.yaml', priority: 0 }],
  maxStaleMs: 60_000,
  floorPercent: 0,
  floorHoldMs: 60_000,
};

const cluster = (): { readonly snapshot: Snapshot; readonly cluster: Resource } => {
  const snapshot = snapshotOf({ ...edsCluster('app'), discovery: DISCOVERY });
  const [found] = resourcesOf(snapshot, 'cluster');
  if (!found) throw new Error('no cluster');
  return { snapshot, cluster: found };
};

const ports = (memory: RampMemory): FoundClusterPorts => ({
  openSource: () => ({ name: 'nobody', async *watch() {} }),
  clock: realClock,
  answers: { remembered: () => [], remember: () => {}, keepOnly: () => {}, [Symbol.asyncDispose]: async () => {} },
  memory,
  healthOf: () => [],
  defaultPanicThresholdPercent: 50,
  onServed: () => {},
  onFindings: () => {},
  say: () => {},
});

test('other control planes are told what is served of a cluster, and that it is no more', async () => {
  const told: (PeerView | undefined)[] = [];
  const first = Promise.withResolvers<void>();
  const peers: RampPeers = {
    ...NO_PEERS,
    tell(_, view) {
      told.push(view);
      first.resolve();
    },
  };
  const { snapshot, cluster: app } = cluster();
  {
    await using _ = new FoundCluster(snapshot, app, { ...ports(forgetfulMemory()), peers });
    await first.promise;
  }
  expect(told[0]).toEqual({ version: 0, order: 'none', isTaken: true, fleet: { kind: 'silent' }, unhealthy: [] });
  expect(told.at(-1)).toBeUndefined();
});

test('a cluster of which it cannot be read what was served last is served nothing, and that is a finding', async () => {
  const { snapshot, cluster: app } = cluster();
  const said: string[] = [];
  const told = Promise.withResolvers<void>();
  const broken: RampMemory = {
    read: () => Promise.reject(new Error('app@3.json holds no ramp')),
    replace: () => Promise.reject(new Error('not asked for')),
  };
  await using found = new FoundCluster(snapshot, app, {
    ...ports(broken),
    onFindings: () => {
      if (found.findings.some(({ rule }) => rule === 'ramp-not-kept')) told.resolve();
    },
    say: (line) => void said.push(line),
  });
  await told.promise;
  expect(found.assignment).toBeUndefined();
  expect(found.findings.find(({ rule }) => rule === 'ramp-not-kept')).toMatchObject({
    severity: 'error',
    saw: 'what was served last cannot be read: app@3.json holds no ramp',
    resource: 'cluster app',
  });
  expect(said).toContain('cluster app: what was served last cannot be read: app@3.json holds no ramp');
});

test('another check is asked by whoever looks; a promotion that leaves the cluster as it is changes nothing', async () => {
  const checkedAt = (path: string) => {
    const check = {
      timeout: '1s',
      interval: '1s',
      unhealthyThreshold: 1,
      healthyThreshold: 1,
      httpHealthCheck: { path },
    };
    const resource = { ...edsCluster('app', { healthChecks: [check] }), discovery: DISCOVERY };
    const sharing = edsCluster('app-long', {
      edsClusterConfig: { serviceName: 'app', edsConfig: { ads: {}, resourceApiVersion: 'V3' } },
    });
    const snapshot = snapshotOf(resource, sharing);
    const app = resourcesOf(snapshot, 'cluster').find(({ name }) => name === 'app');
    if (!app) throw new Error('no cluster');
    return { snapshot, app };
  };
  const asked: string[] = [];
  const read = Promise.withResolvers<void>();
  const memory = forgetfulMemory();
  const first = checkedAt('/old');
  await using found = new FoundCluster(first.snapshot, first.app, {
    ...ports({ ...memory, read: () => memory.read().finally(read.resolve) }),
    healthOf: ({ name, body }) => {
      asked.push(`${name} ${/"path":"([^"]*)"/.exec(JSON.stringify(body))?.[1] ?? 'unchecked'}`);
      return [];
    },
  });
  await read.promise;
  await found.restored;
  expect(asked).toEqual(['app /old', 'app-long unchecked']);
  const same = checkedAt('/old');
  found.update(same.snapshot, same.app);
  expect(asked).toHaveLength(2);
  const other = checkedAt('/new');
  found.update(other.snapshot, other.app);
  expect(asked.slice(2)).toEqual(['app /new', 'app-long unchecked']);
});

test('an Envoy has no colon in its statistics', () => {
  expect(statNameOf(edsCluster('app:8080'))).toBe('app_8080');
  expect(statNameOf(edsCluster('app', { altStatName: 'other' }))).toBe('other');
});
