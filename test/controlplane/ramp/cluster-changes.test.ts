import { expect, test } from 'vitest';
import { clusterLoadAssignment } from '../../../controlplane/discovery/cluster-load-assignment.ts';
import { FleetHealth } from '../../../controlplane/ramp/fleet-health.ts';
import type { HealthSource } from '../../../controlplane/ramp/health-source.ts';
import { type ClusterRamp, type RampClusterOptions, rampCluster } from '../../../controlplane/ramp/ramp-cluster.ts';
import { forgetfulMemory } from '../../../controlplane/ramp/ramp-memory.ts';
import { DEFAULT_RAMP, type RampSettings } from '../../../controlplane/ramp/ramp-settings.ts';
import { ManualClock } from './manual-clock.ts';
import { host, hosts, sizeOf, wanted } from './probed-ramps.ts';

const withThreshold = (thresholdPercent: number, more: Partial<RampSettings> = {}): RampSettings => ({
  ...DEFAULT_RAMP,
  rule: { ...DEFAULT_RAMP.rule, thresholdPercent },
  ...more,
});

/** A cluster with one Envoy that takes each step at once, and sees hosts above `failFrom` fail. */
async function world(more: Partial<RampClusterOptions> = {}) {
  const clock = new ManualClock();
  const fleet = new FleetHealth();
  const envoy = fleet.join('one');
  const ramp = await rampCluster({
    cluster: 'app',
    settings: DEFAULT_RAMP,
    clock,
    memory: forgetfulMemory(),
    health: [fleet.source('app')],
    ...more,
  });
  const at = { failFrom: Number.POSITIVE_INFINITY, takes: true };
  return {
    ramp,
    at,
    async pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= 500) {
        const all = ramp.served?.hosts.get(0) ?? [];
        const available = all.filter(({ address }) => Number(address.split('.').at(-1)) < at.failFrom).length;
        if (at.takes && ramp.served) ramp.applied(ramp.served.version);
        envoy.take(new Map([['app', { available, total: all.length }]]), clock.nowEpochMs());
        await clock.advance(Math.min(500, left));
      }
    },
    [Symbol.asyncDispose]: () => ramp[Symbol.asyncDispose](),
  };
}

test('a lower threshold is not gone by while Envoys may still use the cluster with the higher one', async () => {
  await using it = await world();
  it.at.failFrom = 5;
  it.ramp.want(wanted(hosts(1, 12)));
  // Four healthy hosts of eight is all that 50 % bears; the advice is to lower the threshold.
  it.ramp.want(wanted(hosts(1, 4)));
  await it.pass(10_000);
  it.ramp.want(wanted(hosts(1, 12)));
  await it.pass(120_000);
  expect(sizeOf(it.ramp)).toBe(8);
  expect(it.ramp.waiting.map(({ kind }) => kind)).toEqual(['no-room']);
  it.ramp.configure(withThreshold(33));
  await it.pass(25_000);
  expect(sizeOf(it.ramp)).toBe(8);
  await it.pass(30_000);
  expect(sizeOf(it.ramp)).toBe(12);
});

test('a cluster that Envoys build anew is looked at anew: what was seen of the old one counts no more', async () => {
  await using it = await world();
  it.ramp.want(wanted(hosts(1, 4)));
  await it.pass(20_000);
  expect(it.ramp.view()).toMatchObject({ stage: 'there', isTaken: true });
  it.at.takes = false;
  it.ramp.configure(withThreshold(50, { patienceMs: 20_000 }));
  it.ramp.want(wanted(hosts(1, 6)));
  await it.pass(10_000);
  // Nobody has taken it yet, and figures that still come are those of the old cluster.
  expect(it.ramp.view().isTaken).toBe(false);
  expect(sizeOf(it.ramp)).toBe(4);
  expect(it.ramp.waiting.map(({ kind }) => kind)).toEqual(['not-taken']);
  it.at.takes = true;
  await it.pass(10_000);
  expect(sizeOf(it.ramp)).toBe(6);
});

test('other sources of health take the place of the old ones', async () => {
  const other = new FleetHealth();
  await using it = await world();
  it.ramp.want(wanted(hosts(1, 4)));
  await it.pass(20_000);
  it.ramp.configure(DEFAULT_RAMP, [other.source('app_80')]);
  await it.pass(500);
  expect(it.ramp.view().fleet).toEqual({ kind: 'silent' });
});

test('what a source says of the health of a host that is served never reaches Envoys that check it themselves', async () => {
  const statuses = (ramp: ClusterRamp): string =>
    JSON.stringify(clusterLoadAssignment('app', ramp.served?.hosts ?? new Map())).replaceAll(/"HEALTHY"/g, '');
  await using it = await world();
  it.ramp.want(wanted(hosts(1, 4, { health: 'healthy' })));
  await it.pass(20_000);
  // A deploy, or a registry that errs: all of them unhealthy, and other weights with it.
  it.ramp.want(wanted(hosts(1, 4, { health: 'unhealthy', weight: 7 })));
  await it.pass(5_000);
  expect(it.ramp.served?.hosts.get(0)?.map(({ weight }) => weight)).toEqual([7, 7, 7, 7]);
  expect(statuses(it.ramp)).not.toMatch(/UNHEALTHY|DRAINING/);
  // Where nobody else looks, it is the only word there is.
  await using unchecked = await world({ settings: { ...DEFAULT_RAMP, healthChecked: false } });
  unchecked.ramp.want(wanted(hosts(1, 4, { health: 'healthy' })));
  await unchecked.pass(1_000);
  unchecked.ramp.want(wanted([...hosts(1, 3, { health: 'healthy' }), host(4, { health: 'unhealthy' })]));
  await unchecked.pass(1_000);
  expect(statuses(unchecked.ramp).match(/UNHEALTHY/g)).toHaveLength(1);
  unchecked.ramp.want(wanted(hosts(1, 4, { health: 'healthy' })));
  await unchecked.pass(1_000);
  expect(statuses(unchecked.ramp)).not.toMatch(/UNHEALTHY/);
});

test('a cluster that Envoys have hosts of from elsewhere begins with those', async () => {
  const begin = hosts(1, 4).map((one) => ({ host: one, priority: 0, established: true }));
  await using it = await world({ begin });
  it.at.failFrom = 5;
  it.ramp.want(wanted(hosts(3, 20)));
  expect(sizeOf(it.ramp)).toBe(4);
  await it.pass(120_000);
  // Two that are wanted no more stay for those that fail.
  expect(it.ramp.served?.hosts.get(0)?.map(({ address }) => address)).toEqual(
    expect.arrayContaining(hosts(1, 4).map(({ address }) => address)),
  );
  expect(sizeOf(it.ramp)).toBe(8);
});

test('an Envoy that has come since anybody spoke is waited for, whoever speaks first', async () => {
  const clock = new ManualClock();
  const fleet = new FleetHealth();
  const all: HealthSource = {
    name: 'all are well',
    follow: () => ({
      look: () => {},
      seen: () => ({
        hosts: new Map(hosts(1, 9).map(({ address }) => [`${address}:80`, 'healthy'])),
        fleet: { kind: 'silent' },
      }),
      [Symbol.dispose]: () => {},
    }),
  };
  await using ramp = await rampCluster({
    cluster: 'app',
    settings: DEFAULT_RAMP,
    clock,
    memory: forgetfulMemory(),
    health: [all, fleet.source('app')],
    assumeAppliedMs: 100,
  });
  ramp.want(wanted(hosts(1, 4)));
  await clock.advance(30_000);
  fleet.connected('late', clock.nowEpochMs());
  ramp.want(wanted(hosts(1, 6)));
  await clock.advance(5_000);
  expect(sizeOf(ramp)).toBe(4);
  expect(ramp.waiting.map(({ kind }) => kind)).toEqual(['not-heard']);
  expect(ramp.view().stage).toBe('moving');
  await clock.advance(20_000);
  expect(sizeOf(ramp)).toBe(6);
});
