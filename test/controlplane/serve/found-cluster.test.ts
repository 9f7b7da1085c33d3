import { expect, test } from 'vitest';
import type { RampMemory } from '../../../controlplane/ramp/ramp-memory.ts';
import { FoundCluster } from '../../../controlplane/serve/found-cluster.ts';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import { resourcesOf } from '../../../render/snapshot.ts';
import { realClock } from '../ramp/ramp-node.ts';
import { edsCluster } from '../xds/small-mesh.ts';
import { snapshotOf } from './memory-source.ts';

const DISCOVERY: ClusterDiscovery = {
  sources: [{ kind: 'file', path: 'app.yaml', priority: 0 }],
  maxStaleMs: 60_000,
  floorPercent: 0,
  floorHoldMs: 60_000,
};

test('a cluster of which it cannot be read what was served last is served nothing, and that is a finding', async () => {
  const snapshot = snapshotOf({ ...edsCluster('app'), discovery: DISCOVERY });
  const [cluster] = resourcesOf(snapshot, 'cluster');
  if (!cluster) throw new Error('no cluster');
  const said: string[] = [];
  const told = Promise.withResolvers<void>();
  const broken: RampMemory = {
    read: () => Promise.reject(new Error('app@3.json holds no ramp')),
    replace: () => Promise.reject(new Error('not asked for')),
  };
  await using found = new FoundCluster(snapshot, cluster, {
    openSource: () => ({ name: 'nobody', async *watch() {} }),
    clock: realClock,
    answers: { remembered: () => [], remember: () => {}, keepOnly: () => {}, [Symbol.asyncDispose]: async () => {} },
    memory: broken,
    healthOf: () => [],
    defaultPanicThresholdPercent: 50,
    pollMs: 60_000,
    onServed: () => {},
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
