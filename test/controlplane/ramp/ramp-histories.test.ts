import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isThere } from '../../../controlplane/ramp/next-ramp.ts';
import { DEFAULT_RAMP } from '../../../controlplane/ramp/ramp-settings.ts';
import { type PlanHost, RampWorld, type World } from './ramp-world.ts';

// Hosts of a history are numbered from a small pool, so that they go, come back, and change priority and zone.
const planHost = (pool: number): fc.Arbitrary<PlanHost> =>
  fc.record({
    n: fc.integer({ min: 0, max: pool }),
    priority: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 2 })),
    zone: fc.oneof({ weight: 5, arbitrary: fc.constant('a') }, fc.constant('b')),
    metadata: fc.constantFrom({ version: 1 }, { version: 2 }),
    source: fc.oneof(
      { weight: 4, arbitrary: fc.constant('unknown' as const) },
      { weight: 4, arbitrary: fc.constant('healthy' as const) },
      fc.constantFrom('unhealthy' as const, 'maintenance' as const),
    ),
  });

type Op =
  | { readonly kind: 'want'; readonly hosts: readonly PlanHost[] }
  | { readonly kind: 'pass'; readonly ms: number; readonly times: number }
  | { readonly kind: 'die' | 'heal'; readonly n: number }
  | { readonly kind: 'away' | 'back' | 'restart-envoy' | 'replace-envoy' | 'cut-off'; readonly envoy: number }
  | { readonly kind: 'blind'; readonly envoy: number; readonly n: number }
  | { readonly kind: 'restart' | 'hold' | 'release' };

const POOL = 11;
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('want' as const), hosts: fc.array(planHost(POOL), { maxLength: 10 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(200, 1_600, 5_000, 11_000),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('die' as const, 'heal' as const),
      n: fc.integer({ min: 0, max: POOL }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'away' as const,
        'away' as const,
        'back' as const,
        'restart-envoy' as const,
        'replace-envoy' as const,
        'cut-off' as const,
      ),
      envoy: fc.integer({ min: 0, max: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('blind' as const),
      envoy: fc.integer({ min: 0, max: 2 }),
      n: fc.integer({ min: 0, max: POOL }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'hold' as const, 'release' as const) }),
  },
);

/** `subsets`: whether the cluster has a subset load balancer, each subset with a panic mode of its own. */
const worldOf = (subsets: fc.Arbitrary<boolean>): fc.Arbitrary<World> =>
  fc
    .record({
      subsets,
      thresholdPercent: fc.oneof(
        { weight: 3, arbitrary: fc.constant(50) },
        fc.constantFrom(0, 10, 30, 66, 75, 90, 100),
      ),
      overprovisioningPercent: fc.constantFrom(140, 140, 100, 200),
      spareHosts: fc.constantFrom(0, 1),
      envoys: fc.integer({ min: 1, max: 3 }),
      sees: fc.constantFrom('metrics' as const, 'probes' as const, 'both' as const),
    })
    .map(({ subsets, thresholdPercent, overprovisioningPercent, spareHosts, envoys, sees }) => ({
      settings: {
        ...DEFAULT_RAMP,
        rule: { thresholdPercent, overprovisioningPercent },
        spareHosts,
        groupsOf: ({ metadata }) => (subsets ? [`version=${metadata.version}`] : []),
      },
      envoys,
      metrics: sees !== 'probes',
      probes: sees !== 'metrics',
    }));

/** So that a death is the world's doing, every Envoy has what is served and has said so when a host of it dies. */
function settle(world: RampWorld): void {
  world.away.clear();
  world.pass(0);
}

function play(world: RampWorld, ops: readonly Op[]): void {
  for (const one of ops) {
    const envoy = 'envoy' in one ? world.envoys[one.envoy % world.envoys.length] : undefined;
    switch (one.kind) {
      case 'want':
        world.want(one.hosts);
        break;
      case 'pass':
        for (let left = one.times; left > 0; left--) world.pass(one.ms);
        break;
      case 'die':
      case 'heal':
        settle(world);
        world.sick[one.kind === 'die' ? 'add' : 'delete'](RampWorld.keyOf(one.n));
        world.pass(0);
        break;
      case 'blind':
        // What only one Envoy sees, nobody knows who does not ask the Envoys.
        if (!envoy || !world.world.metrics) break;
        settle(world);
        world.blind.set(envoy, new Set([RampWorld.keyOf(one.n)]));
        world.pass(0);
        break;
      case 'away':
        if (envoy && !world.away.has(envoy)) world.away.set(envoy, world.atMs);
        break;
      case 'back':
        if (envoy) world.away.delete(envoy);
        break;
      case 'restart-envoy':
        if (envoy) world.restartEnvoy(envoy);
        break;
      case 'replace-envoy':
        if (envoy) world.replaceEnvoy(envoy);
        break;
      case 'cut-off':
        if (envoy) world.cutOff(envoy);
        break;
      case 'restart':
        world.restartControlPlane();
        break;
      default:
        world.probe();
        world.send({ kind: 'order', order: one.kind, by: 'test', atMs: world.atMs });
    }
  }
}

/** Lets time go by until the ramp stands still. */
function finish(world: RampWorld): void {
  world.away.clear();
  for (let quiet = 0, left = 400; quiet < 25 && left > 0; left--) {
    const { version } = world.state;
    world.pass(2_000);
    quiet = world.state.version === version ? quiet + 1 : 0;
  }
}

const RUNS = 10_000;
const budgetMs = 240_000;

describe('any history of a cluster', () => {
  test(`causes no panic mode in any Envoy: ${RUNS} histories`, { timeout: budgetMs }, () => {
    let steps = 0;
    fc.assert(
      fc.property(worldOf(fc.boolean()), fc.array(op, { minLength: 6, maxLength: 24 }), (settings, ops) => {
        const world = new RampWorld(settings);
        play(world, ops);
        steps += world.steps;
      }),
      { numRuns: RUNS },
    );
    // They are histories of something.
    expect(steps).toBeGreaterThan(1.2 * RUNS);
  });

  test('ends with what is wanted when that is healthy, or says why it does not', { timeout: budgetMs }, () => {
    let there = 0;
    fc.assert(
      fc.property(
        worldOf(fc.constant(false)),
        fc.array(op, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        (settings, ops, priorities, oldDie) => {
          const world = new RampWorld(settings);
          play(world, [...ops, { kind: 'release' }]);
          world.blind.clear();
          world.sick.clear();
          settle(world);
          // Hosts that nobody has had before, all at once; where single hosts are asked, the old ones may be dead.
          world.want(priorities.map((priority, n) => ({ n: 100 + n, priority, zone: 'a', source: 'unknown' })));
          if (oldDie && settings.probes) for (let n = 0; n <= POOL; n++) world.sick.add(RampWorld.keyOf(n));
          finish(world);
          if (isThere(world.state)) there++;
          else expect(world.last.waiting.map(({ text }) => text).join()).not.toBe('');
          // With a threshold of 50 or less, one healthy host always takes one more beside it.
          if (settings.settings.rule.thresholdPercent <= 50)
            expect({ there: isThere(world.state), waiting: world.last.waiting }).toEqual({ there: true, waiting: [] });
        },
      ),
      { numRuns: RUNS / 10 },
    );
    expect(there).toBeGreaterThan(RUNS / 20);
  });
});
