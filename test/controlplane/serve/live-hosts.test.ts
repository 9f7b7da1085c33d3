import { expect, test } from 'vitest';
import { forgetfulMemory } from '../../../controlplane/ramp/ramp-memory.ts';
import { LiveHosts, type LiveHostsPorts } from '../../../controlplane/serve/live-hosts.ts';
import type { ClusterDiscovery } from '../../../render/discovery/cluster-discovery.ts';
import { ManualClock } from '../ramp/manual-clock.ts';
import { edsCluster, endpoints } from '../xds/small-mesh.ts';
import { snapshotOf } from './memory-source.ts';

const DISCOVERY: ClusterDiscovery = {
  sources: [{ kind: 'file', path: 'app.yaml', priority: 0 }],
  maxStaleMs: 60_000,
  floorPercent: 0,
  floorHoldMs: 60_000,
};
const HOUR = 3_600_000;

const ports = (clock: ManualClock, more: Partial<LiveHostsPorts> = {}): LiveHostsPorts => ({
  openSource: () => ({ name: 'nobody', async *watch() {} }),
  clock,
  answers: { remembered: () => [], remember: () => {}, keepOnly: () => {}, [Symbol.asyncDispose]: async () => {} },
  memoryOf: () => forgetfulMemory(),
  isWhole: () => true,
  healthOf: () => [],
  defaultPanicThresholdPercent: 50,
  onChange: () => {},
  onFindings: () => {},
  say: () => {},
  ...more,
});

test('a cluster whose hosts are discovered from now on begins with those that it was promoted with', async () => {
  await using hosts = new LiveHosts(ports(new ManualClock()));
  const discovered = { ...edsCluster('app'), discovery: DISCOVERY };
  const named = { name: 'db', type: 'STATIC', loadAssignment: endpoints('db', 5_432).body };
  hosts.follow(
    snapshotOf(edsCluster('app'), endpoints('app', 8_080), { ...edsCluster('db'), body: named }, edsCluster('empty')),
  );
  const db = { ...edsCluster('db'), discovery: DISCOVERY };
  const empty = { ...edsCluster('empty'), discovery: DISCOVERY };
  hosts.follow(snapshotOf(discovered, db, empty));
  await hosts.restored(5_000);
  const served = [...hosts.views()].map(([name, { ramp }]) => [name, ramp?.served.map(({ address }) => address)]);
  expect(served).toEqual([
    ['app', ['127.0.0.1:8080']],
    ['db', ['127.0.0.1:5432']],
    ['empty', []],
  ]);
});

test('what is kept of a cluster goes an hour after it is gone, and not while its generator does not know', async () => {
  const clock = new ManualClock();
  const kept = new Set(['app-a', 'app-b', 'app-before']);
  let isWhole = true;
  const wholeOfAnswers: boolean[] = [];
  const plain = ports(clock);
  await using hosts = new LiveHosts({
    ...plain,
    answers: { ...plain.answers, keepOnly: (_, whole) => void wholeOfAnswers.push(whole) },
    sweepMemory: async (used, goneBeforeEpochMs) => {
      const gone = [...kept].filter((name) => goneBeforeEpochMs > 0 && !used.has(name));
      for (const name of gone) kept.delete(name);
      return gone;
    },
    isWhole: () => isWhole,
  });
  const follow = (...names: readonly string[]): void =>
    hosts.follow(snapshotOf(...names.map((name) => ({ ...edsCluster(name), discovery: DISCOVERY }))));
  // Nothing is promoted that is known of: that says nothing of any cluster.
  await clock.advance(3 * HOUR);
  expect([...kept]).toEqual(['app-a', 'app-b', 'app-before']);
  follow('app-a', 'app-b');
  await clock.advance(HOUR / 2);
  expect(kept).toContain('app-before');
  await clock.advance(HOUR);
  expect([...kept]).toEqual(['app-a', 'app-b']);

  isWhole = false;
  follow('app-a');
  await clock.advance(5 * HOUR);
  expect([...kept]).toEqual(['app-a', 'app-b']);
  isWhole = true;
  await clock.advance(HOUR / 2);
  expect([...kept]).toEqual(['app-a', 'app-b']);
  await clock.advance(HOUR);
  expect([...kept]).toEqual(['app-a']);

  follow();
  await clock.advance(HOUR / 2);
  expect([...kept]).toEqual(['app-a']);
  await clock.advance(HOUR);
  expect([...kept]).toEqual([]);
  expect(wholeOfAnswers).toEqual([true, false, true]);
});
