import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PriorityArithmetic, panicArithmetic } from '../../../conformance/guards/panic-arithmetic.ts';
import { safeStep } from '../../../controlplane/ramp/panic-rule.ts';
import { panicThresholdOf } from '../../../controlplane/ramp/panic-threshold.ts';
import type { StageName } from '../../../render/ids.ts';
import { referenceGraph } from '../../../render/references/reference-graph.ts';
import { makeSnapshot, type Snapshot } from '../../../render/snapshot.ts';
import { guard, SETTINGS, snapshotOf } from './snapshot-of.ts';

type Host = { readonly address: string; readonly down: boolean };
/** One list of hosts for each priority. */
type Hosts = readonly (readonly Host[])[];

const CHECKS =
  'health_checks: [{ timeout: 1s, interval: 1s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} }]';

function meshOf(hosts: Hosts, threshold: number | undefined, more = CHECKS): Snapshot {
  const groups = hosts.map((list, priority) => {
    const endpoints = list.map(({ address, down }) => {
      const endpoint = `endpoint: { address: { socket_address: { address: ${address.replace(':80', '')}, port_value: 80 } } }`;
      return `{ ${down ? 'health_status: DRAINING, ' : ''}${endpoint} }`;
    });
    return `{ priority: ${priority}, lb_endpoints: [${endpoints.join(', ')}] }`;
  });
  const common =
    threshold === undefined ? '' : `, common_lb_config: { healthy_panic_threshold: { value: ${threshold} } }`;
  return snapshotOf({
    cluster: `- { name: app, type: EDS, eds_cluster_config: { eds_config: { ads: {} } }${common}${more === '' ? '' : `, ${more}`} }`,
    endpoint: `- { cluster_name: app, endpoints: [${groups.join(', ')}] }`,
  });
}

/** The same without the decoder, for thousands of runs: what it gives is canonical already. */
function canonicalMesh(hosts: Hosts, threshold: number): Snapshot {
  const at = { file: 'clusters.yaml', line: 1, column: 1 };
  const cluster = {
    name: 'app',
    type: 'EDS',
    edsClusterConfig: { edsConfig: { ads: {} } },
    healthChecks: [{ tcpHealthCheck: {} }],
    commonLbConfig: { healthyPanicThreshold: threshold === 0 ? {} : { value: threshold } },
  };
  const endpoints = hosts.map((list, level) => ({
    ...(level === 0 ? {} : { priority: level }),
    lbEndpoints: list.map(({ address, down }) => ({
      ...(down ? { healthStatus: 'DRAINING' } : {}),
      endpoint: { address: { socketAddress: { address: address.replace(':80', ''), portValue: 80 } } },
    })),
  }));
  return makeSnapshot('beta' as StageName, [
    { kind: 'cluster', name: 'app', at, body: cluster },
    { kind: 'endpoint', name: 'app', at, body: { clusterName: 'app', endpoints } },
  ]);
}

const up = (...numbers: number[]): Host[] => numbers.map((n) => ({ address: `10.0.0.${n}:80`, down: false }));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const arithmetic = (live: Hosts, proposed: Hosts, threshold = 50): readonly PriorityArithmetic[] =>
  panicArithmetic(canonicalMesh(live, threshold), canonicalMesh(proposed, threshold), 'app', SETTINGS);

/**
 * Envoy's own rule, as its load balancer computes it (`LoadBalancerBase::recalculatePerPriorityState`, `isHostSetInPanic`): health per
 * priority is truncated and overprovisioned by 1.4; where priorities add up to full health nothing panics; else each priority
 * panics whose share of healthy hosts is below the threshold.
 */
function panics(
  priorities: readonly { readonly healthy: number; readonly all: number }[],
  threshold: number,
): readonly boolean[] {
  const health = priorities.map(({ healthy, all }) =>
    all === 0 ? 0 : Math.min(100, Math.trunc((140 * healthy) / all)),
  );
  const total = Math.min(
    100,
    health.reduce((sum, one) => sum + one, 0),
  );
  if (threshold > 0 && total === 0) return priorities.map((_, index) => index === 0);
  if (total === 100) return priorities.map(() => false);
  return priorities.map(({ healthy, all }) => (all === 0 ? 0 : (100 * healthy) / all) < threshold);
}

describe('the largest safe step', () => {
  test('is what was measured: 4 healthy hosts at 50 % take 4 more, not 8', () => {
    expect(safeStep(4, 50)).toBe(4);
    expect(safeStep(3, 30)).toBe(7);
    expect(safeStep(10, 100)).toBe(0);
    expect(safeStep(4, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  test('is safe by Envoy’s rule, and one more is not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 71 }), (healthy, threshold) => {
        const step = safeStep(healthy, threshold);
        expect(panics([{ healthy, all: healthy + step }], threshold)).toEqual([false]);
        expect(panics([{ healthy, all: healthy + step + 1 }], threshold)).toEqual([true]);
      }),
      { numRuns: 2000 },
    );
  });
});

const hostNumber = fc.integer({ min: 1, max: 24 });
const priority = fc
  .tuple(fc.uniqueArray(hostNumber, { maxLength: 12 }), fc.uniqueArray(hostNumber, { maxLength: 4 }))
  .map(([numbers, down]) => numbers.map((n): Host => ({ address: `10.0.0.${n}:80`, down: down.includes(n) })));

describe('the arithmetic of a change', () => {
  test('agrees with Envoy’s rule over random histories', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(priority, priority, fc.integer({ min: 0, max: 71 }), (before, after, threshold) => {
        const [sum] = arithmetic([before], [after], threshold);
        if (!sum) return;
        const proved = new Set(before.filter(({ down }) => !down).map(({ address }) => address));
        const kept = after.filter(({ address, down }) => !down && proved.has(address)).length;
        expect(sum.healthyKept).toBe(kept);
        const worst = panics([{ healthy: kept, all: after.length }], threshold);
        if (proved.size === 0 || after.length === 0) expect(sum.safe).toBe(true);
        else expect(sum.safe).toBe(!worst[0]);
        // The way that is suggested is safe at each step, with everything that came before it healthy by then.
        let known = proved;
        for (const [index, hosts] of sum.steps.entries()) {
          if (proved.size === 0 || after.length === 0) break;
          const isLast = index === sum.steps.length - 1;
          const fresh = new Set(sum.added);
          const down = (isLast ? after : before).filter((host) => host.down && !fresh.has(host.address));
          const names = new Set(down.map(({ address }) => address));
          const healthy = hosts.filter((address) => known.has(address) && !names.has(address)).length;
          expect(panics([{ healthy, all: hosts.length }], threshold)).toEqual([false]);
          known = new Set([...known, ...hosts]);
        }
        if (sum.steps.length > 0)
          expect([...(sum.steps.at(-1) ?? [])].sort()).toEqual(after.map(({ address }) => address).sort());
      }),
      { numRuns: 2000 },
    );
  });

  test('never calls safe what panics with several priorities', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(priority, priority, priority, priority, fc.integer({ min: 1, max: 100 }), (a, b, c, d, threshold) => {
        const sums = arithmetic([a, b], [c, d], threshold);
        if (sums.length < 2 || sums.some(({ safe, healthyBefore }) => !safe || healthyBefore === 0)) return;
        const all = [c.length, d.length];
        const states = sums.map((sum, index) => ({ healthy: sum.healthyKept, all: all[index] ?? 0 }));
        if (states.some((state) => state.all === 0)) return;
        expect(panics(states, threshold)).toEqual([false, false]);
      }),
      { numRuns: 500 },
    );
  });

  test('splits a change into steps that are safe', () => {
    const [sum] = arithmetic([up(1, 2, 3, 4)], [up(...range(1, 12))]);
    expect(sum).toMatchObject({ thresholdPercent: 50, healthyKept: 4, largestSafeStep: 4, safe: false });
    expect(sum?.added).toHaveLength(8);
    expect(sum?.steps.map((hosts) => hosts.length)).toEqual([8, 12]);
  });

  test('replaces hosts by adding first and removing last', () => {
    const [sum] = arithmetic([up(1, 2, 3, 4)], [up(5, 6, 7, 8)]);
    expect(sum).toMatchObject({ healthyKept: 0, largestSafeStep: 0, safe: false });
    expect(sum?.steps.map((hosts) => hosts.length)).toEqual([8, 4]);
  });

  test('counts hosts that are marked down among all, never among the healthy', () => {
    const draining = up(5, 6).map((host) => ({ ...host, down: true }));
    const [sum] = arithmetic([[...up(1, 2, 3, 4), ...draining]], [[...up(1, 2, 3, 4, 7, 8, 9), ...draining]]);
    expect(sum).toMatchObject({ markedDown: 2, largestSafeStep: 2, safe: false });
  });

  test('says that there is no way where one host cannot take a second', () => {
    expect(arithmetic([up(1)], [up(1, 2)], 60)[0]).toMatchObject({ safe: false, steps: [] });
  });
});

describe('the threshold', () => {
  const thresholdOf = (snapshot: Snapshot): number | undefined => {
    const cluster = referenceGraph(snapshot).find('cluster', 'app');
    return cluster && panicThresholdOf(snapshot, cluster, SETTINGS);
  };
  test('is the cluster’s, rounded; 0 is no default', () => {
    expect(thresholdOf(meshOf([up(1)], undefined))).toBe(50);
    expect(thresholdOf(meshOf([up(1)], 33.6))).toBe(34);
    expect(thresholdOf(meshOf([up(1)], 0))).toBe(0);
  });

  test('is the runtime’s where that gives one, however its key is written', () => {
    for (const layer of ['{ upstream.healthy_panic_threshold: 20 }', '{ upstream: { healthy_panic_threshold: 20 } }']) {
      const runtime = snapshotOf({ runtime: `- { name: rollout, layer: ${layer} }` });
      const mesh = meshOf([up(1)], 80);
      expect(thresholdOf({ ...mesh, resources: [...mesh.resources, ...runtime.resources] })).toBe(20);
    }
  });
});

describe('the guard', () => {
  const panic = (live: Snapshot, proposed: Snapshot) =>
    guard(proposed, live).filter(({ rule }) => rule === 'panic-mode');

  test('says the arithmetic, the largest safe step, and the split', () => {
    const [finding, ...more] = panic(meshOf([up(1, 2, 3, 4)], undefined), meshOf([up(...range(1, 12))], undefined));
    expect(more).toEqual([]);
    expect(finding?.severity).toBe('error');
    expect(finding?.saw).toContain('4 healthy live hosts kept of 4, 8 added');
    expect(finding?.saw).toContain('33.3 % are healthy, below the panic threshold of 50 %');
    expect(finding?.want).toContain('at most 4 hosts added at once');
    expect(finding?.want).toContain('step 1: add 10.0.0.5:80, 10.0.0.6:80, 10.0.0.7:80, 10.0.0.8:80 and wait');
  });

  test('is silent for a safe step, a threshold of 0, a new cluster, and one without health checks', () => {
    const four = [up(1, 2, 3, 4)];
    const many = [up(...range(1, 12))];
    expect(panic(meshOf(four, undefined), meshOf([up(...range(1, 8))], undefined))).toEqual([]);
    expect(panic(meshOf(four, 0), meshOf(many, 0))).toEqual([]);
    expect(panic(snapshotOf({}), meshOf(many, undefined))).toEqual([]);
    expect(panic(meshOf(four, undefined, ''), meshOf(many, undefined, ''))).toEqual([]);
  });

  test('does not take ignore_new_hosts_until_first_hc for a protection', () => {
    const waits = `${CHECKS}, common_lb_config: { ignore_new_hosts_until_first_hc: true }`;
    const [finding] = panic(meshOf([up(1)], undefined, waits), meshOf([up(1, 2, 3)], undefined, waits));
    expect(finding?.saw).toContain('ignore_new_hosts_until_first_hc is no protection');
  });
});
