import { describe, expect, test } from 'vitest';
import { isThere } from '../../../controlplane/ramp/next-ramp.ts';
import { DEFAULT_RAMP, type RampSettings } from '../../../controlplane/ramp/ramp-settings.ts';
import { type PlanHost, RampWorld, type World } from './ramp-world.ts';

const plan = (n: number, more: Partial<PlanHost> = {}): PlanHost => ({
  n,
  priority: 0,
  zone: 'a',
  source: 'unknown',
  ...more,
});
const plans = (from: number, to: number, more: Partial<PlanHost> = {}): PlanHost[] =>
  Array.from({ length: to - from + 1 }, (_, at) => plan(from + at, more));

function worldOf(more: Partial<World> = {}, settings: Partial<RampSettings> = {}): RampWorld {
  return new RampWorld({
    settings: { ...DEFAULT_RAMP, ...settings },
    envoys: 1,
    metrics: true,
    probes: false,
    ...more,
  });
}
/** Time goes by until these hosts are served and have proved themselves. */
function settledWith(hosts: readonly PlanHost[], more?: Partial<World>, settings?: Partial<RampSettings>): RampWorld {
  const world = worldOf(more, settings);
  world.want(hosts);
  for (let left = 30; left > 0; left--) world.pass(2_000);
  expect(isThere(world.state)).toBe(true);
  expect([...world.state.admitted.values()].every(({ confirmed }) => confirmed)).toBe(true);
  return world;
}
const size = (world: RampWorld): number => world.state.admitted.size;
const waits = (world: RampWorld) => world.last.waiting.map(({ kind }) => kind);

test('one healthy host may die while every new one fails, and still nothing panics', () => {
  let cases = 0;
  for (const thresholdPercent of [10, 30, 50])
    for (let healthy = 2; healthy <= 10; healthy++) {
      const rule = { thresholdPercent, overprovisioningPercent: 140 };
      const world = settledWith(plans(1, healthy), {}, { rule });
      for (const { n } of plans(100, 140)) world.sick.add(RampWorld.keyOf(n));
      world.want([...plans(1, healthy), ...plans(100, 140)]);
      world.pass(5_000);
      world.pass(200);
      // From two hosts at 50 % there is no step with one to spare: the rule of thumb alone is kept to.
      if (size(world) > Math.floor(((healthy - 1) * 100) / thresholdPercent)) continue;
      expect(size(world)).toBeGreaterThan(healthy);
      cases++;
      world.sick.add(RampWorld.keyOf(1));
      for (const envoy of world.envoys) {
        envoy.check((id) => world.isHealthy(envoy, id));
        expect(envoy.panic.isPanicking).toBe(false);
      }
    }
  expect(cases).toBeGreaterThan(20);
});

test('what only Envoys see is counted: the step that fails stays, the next one is smaller, and then there is none', () => {
  const world = settledWith(plans(1, 4));
  for (const { n } of plans(5, 12)) world.sick.add(RampWorld.keyOf(n));
  world.want(plans(1, 12));
  const sizes = new Set<number>();
  for (let left = 60; left > 0; left--) {
    world.pass(2_000);
    sizes.add(size(world));
  }
  expect([...sizes]).toEqual([4, 6, 8]);
  expect(world.last.waiting).toEqual([
    {
      kind: 'no-room',
      hosts: expect.arrayContaining(['10.0.0.12:80']),
      text: 'not even one more is safe: priority 0: in the worst case 4 of 8 are healthy, 4 are needed at a threshold of 50 % (envoy-0 sees 4 unhealthy)',
    },
  ]);
});

test('Envoys that disagree: the one that sees the fewest counts, and is named', () => {
  const world = settledWith(plans(1, 4), { envoys: 2 });
  const [, second] = world.envoys;
  if (!second) throw new Error('one Envoy');
  world.blind.set(second, new Set([1, 2].map(RampWorld.keyOf)));
  world.pass(2_000);
  world.want(plans(1, 8));
  for (let left = 20; left > 0; left--) world.pass(2_000);
  expect(size(world)).toBe(4);
  expect(world.last.waiting[0]?.text).toContain('2 of 4 are healthy');
  expect(world.last.waiting[0]?.text).toContain('envoy-1 sees 2 unhealthy');
  world.blind.clear();
  for (let left = 40; left > 0; left--) world.pass(2_000);
  expect(size(world)).toBe(8);
});

test('an Envoy that does not take a step is waited for, and left behind in the end', () => {
  const world = settledWith(plans(1, 4), { envoys: 2 }, { lagMs: 30_000 });
  const [late] = world.envoys;
  if (!late) throw new Error('no Envoy');
  world.want(plans(1, 12));
  world.away.set(late, Number.POSITIVE_INFINITY);
  for (let left = 12; left > 0; left--) world.pass(2_000);
  expect(size(world)).toBe(6);
  expect(waits(world)).toContain('not-taken');
  for (let left = 40; left > 0; left--) world.pass(2_000);
  expect(world.log.map(({ kind }) => kind)).toContain('left-behind');
  expect(size(world)).toBe(12);
});

test('a sidecar that has just started is heard before anything changes', () => {
  const world = settledWith(plans(1, 4));
  const [envoy] = world.envoys;
  if (!envoy) throw new Error('no Envoy');
  world.want(plans(1, 8));
  world.restartEnvoy(envoy);
  world.probe();
  world.atMs += 5_000;
  world.probe();
  expect(size(world)).toBe(4);
  expect(waits(world)).toContain('not-heard');
  for (let left = 20; left > 0; left--) world.pass(2_000);
  expect(size(world)).toBe(8);
});

test('sidecars that come and go all the time do not keep hosts from entering', () => {
  const world = settledWith(plans(1, 4), { envoys: 8, probes: true });
  world.want(plans(11, 14));
  // Pods are replaced one after the other, as in a rollout: there is always one that went away less than 15 s ago.
  let turns = 0;
  for (; !isThere(world.state) && turns < 60; turns++) {
    const envoy = world.envoys[turns % 8];
    if (envoy) world.replaceEnvoy(envoy);
    world.pass(4_000);
  }
  expect(isThere(world.state)).toBe(true);
  expect(turns * 4_000).toBeLessThan(180_000);
});

test('an Envoy that comes back half a minute after the control plane started again holds what was served before', () => {
  const world = settledWith(plans(1, 4), { envoys: 2 });
  const [late] = world.envoys;
  if (!late) throw new Error('no Envoy');
  world.away.set(late, world.atMs);
  world.restartControlPlane();
  world.want(plans(1, 16));
  // `pass` throws when what it takes then may cause panic mode.
  for (let left = 60; left > 0; left--) world.pass(2_000);
  expect(size(world)).toBe(16);
});

test('a clock that is put back an hour stops nothing', () => {
  const world = settledWith(plans(1, 4));
  world.want(plans(3, 12));
  for (let left = 3; left > 0; left--) world.pass(2_000);
  expect(size(world)).toBe(6);
  world.atMs -= 3_600_000;
  for (let left = 40; left > 0; left--) world.pass(2_000);
  expect(isThere(world.state)).toBe(true);
});

test('room is left for what outlier detection may take out while new hosts are on trial', () => {
  const world = settledWith(plans(1, 20), {}, { ejectablePercent: 10 });
  for (const { n } of plans(100, 140)) world.sick.add(RampWorld.keyOf(n));
  world.want([...plans(1, 20), ...plans(100, 140)]);
  world.pass(5_000);
  world.pass(200);
  expect(size(world)).toBeGreaterThan(20);
  for (const { n } of plans(1, Math.ceil(size(world) / 10))) world.sick.add(RampWorld.keyOf(n));
  for (const envoy of world.envoys) {
    envoy.check((id) => world.isHealthy(envoy, id));
    expect(envoy.panic.isPanicking).toBe(false);
  }
  // Where that room would leave no step at all, one host is spared.
  const small = settledWith(plans(1, 4), {}, { ejectablePercent: 100 });
  small.want(plans(1, 9));
  small.pass(5_000);
  expect(size(small)).toBe(6);
});

describe('what is new to Envoy although its address is not', () => {
  test('hosts that change their zone change places a few at a time', () => {
    const world = settledWith(plans(1, 4));
    world.want(plans(1, 4, { zone: 'b' }));
    const steps = new Set<string>();
    for (let left = 20; left > 0; left--) {
      world.pass(2_000);
      expect(size(world)).toBe(4);
      steps.add([...world.state.admitted.keys()].filter((id) => id.includes('/b/')).length.toString());
    }
    expect([...steps]).toEqual(['2', '4']);
  });

  test('the only host cannot: nothing is beside it meanwhile', () => {
    const world = settledWith(plans(1, 1));
    world.want(plans(1, 1, { priority: 1 }));
    for (let left = 20; left > 0; left--) world.pass(2_000);
    expect(isThere(world.state)).toBe(false);
    expect(waits(world)).toContain('no-room');
    world.send({ kind: 'order', order: 'hurry', by: 'ann', atMs: world.atMs });
    expect(isThere(world.state)).toBe(true);
    expect(world.state.order.kind).toBe('none');
  });
});

test('a step in one priority is smaller when it would put another one into panic', () => {
  // Priority 1 is at 1 of 10; as long as priority 0 carries all, that is nobody's trouble.
  const world = settledWith([...plans(1, 10), ...plans(20, 29, { priority: 1 })], { probes: true });
  for (const { n } of plans(21, 29)) world.sick.add(RampWorld.keyOf(n));
  for (let left = 8; left > 0; left--) world.pass(2_000);
  world.want([...plans(1, 10), ...plans(40, 60), ...plans(20, 29, { priority: 1 })]);
  world.pass(2_000);
  // 10 of 20 would be the rule of thumb for priority 0 alone; 10 of 14 keep its availability at 100 %.
  expect([...world.state.admitted.values()].filter(({ priority }) => priority === 0).length).toBeLessThanOrEqual(14);
  expect(size(world)).toBeGreaterThan(20);
});

test('subsets have panic modes of their own', () => {
  const groupsOf: RampSettings['groupsOf'] = ({ locality }) => (locality ? [locality.zone] : []);
  const both = [...plans(1, 4), ...plans(11, 14, { zone: 'b' })];
  const world = settledWith(both, { probes: true }, { groupsOf });
  world.want([...both, ...plans(5, 10)]);
  world.pass(2_000);
  // Eight healthy hosts would take six more; the four of zone a take two, with one to spare.
  expect(size(world)).toBe(10);
  const plain = settledWith(both, { probes: true });
  plain.want([...both, ...plans(5, 10)]);
  plain.pass(2_000);
  expect(size(plain)).toBe(14);
});

test('hosts that fail and say another version of themselves change their subset no faster than that subset bears', () => {
  const groupsOf: RampSettings['groupsOf'] = ({ metadata }) => [`version=${metadata.version}`];
  const version = (version: string): Partial<PlanHost> => ({ metadata: { version } });
  const world = settledWith(
    [...plans(1, 8, version('1')), ...plans(11, 12, version('2'))],
    { probes: true },
    { groupsOf },
  );
  const healthyShare = (wanted: string): number => {
    const those = [...world.state.admitted].filter(([, { host }]) => host.metadata.version === wanted);
    return those.filter(([id]) => world.isHealthy(undefined, id)).length / those.length;
  };
  // A new release of six: they restart, and their registration says so at once.
  for (const { n } of plans(1, 6)) world.sick.add(RampWorld.keyOf(n));
  world.want([...plans(1, 6, version('2')), ...plans(7, 8, version('1')), ...plans(11, 12, version('2'))]);
  for (let left = 20; left > 0; left--) {
    world.pass(2_000);
    expect(healthyShare('2')).toBeGreaterThanOrEqual(0.5);
  }
  expect(isThere(world.state)).toBe(false);
  expect(world.last.waiting.find(({ kind }) => kind === 'no-room')?.text).toContain('they change their subset');
  world.sick.clear();
  for (let left = 20; left > 0; left--) world.pass(2_000);
  expect(isThere(world.state)).toBe(true);
  expect([...world.state.admitted.values()].filter(({ host }) => host.metadata.version === '2')).toHaveLength(8);
});

test('a cluster without health checks has what is wanted at once, but for hosts in maintenance', () => {
  const world = worldOf({}, { healthChecked: false });
  world.want([...plans(1, 3), plan(4, { source: 'maintenance' })]);
  expect(size(world)).toBe(3);
  world.want(plans(5, 40));
  world.pass(6_000);
  expect(size(world)).toBe(36);
});

test('an address that two priorities name is served once; weights and metadata change in place', () => {
  const world = settledWith([plan(1), plan(1, { priority: 1 }), plan(2)]);
  expect([...world.state.admitted.values()].map(({ priority }) => priority)).toEqual([0, 0]);
  const { version } = world.state;
  const hosts = [...(world.state.wanted?.values() ?? [])].map(({ host }) => ({ ...host, weight: 7 }));
  world.send({ kind: 'wanted', hosts: new Map([[0, hosts]]), atMs: world.atMs });
  expect(world.last.changed).toBe(true);
  expect(world.state.version).toBe(version);
  expect([...world.state.admitted.values()].map(({ host }) => host.weight)).toEqual([7, 7]);
});
